"""Monte Carlo written from the model's definition alone."""

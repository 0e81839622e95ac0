"""What is run: options, configurations, plans, executors, campaigns."""

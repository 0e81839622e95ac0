"""What is drawn: inputs, weights, targets, and averages over a fresh input."""

"""What learns: features, kernels, least squares, training by gradient, one replicate."""

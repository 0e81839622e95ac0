"""Training time and spectral filters: pairs of complex ridges instead of one real one."""

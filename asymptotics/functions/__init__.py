"""A special-function library: formulas, activations, kernels, and their expansions in harmonics."""

"""Exact asymptotic risk of linearized neural networks: derived, proved, evaluated, simulated."""

"""Convex losses: the stationary point of their potential in numbers, for any model of ridge regression."""

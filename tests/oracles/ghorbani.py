"""Lazy training on quadratic targets: the printed risks of quadratic activations, and exact population risks.

Population risks are least squares in exact second moments of standard Gaussian inputs, with an intercept: no formula
of the limit is used. Risks are relative to ``2|B|^2``.
"""

import numpy as np


def printed(rho, trace_share, aligned, psi):
    """Random and tangent features of quadratic activations (arXiv:1906.08899)."""
    rest = max(1 - rho, 0.0)
    return 1 - aligned * psi / (1 + psi), rest**2 * (1 - trace_share) + rest * trace_share


def relu_features(W, B):
    """Random ReLU features; columns of ``W`` are weights."""
    norms = np.linalg.norm(W, axis=0)
    cosine = np.clip((W / norms).T @ (W / norms), -1, 1)
    gram = (np.sqrt(1 - cosine**2) + (np.pi - np.arccos(cosine)) * cosine) / (2 * np.pi) - 1 / (2 * np.pi)
    overlap = np.einsum("ia,ij,ja->a", W, B, W) / norms**2 / np.sqrt(2 * np.pi)
    return 1 - overlap @ np.linalg.solve(gram, overlap) / (2 * np.sum(B**2))


def quadratic_features(W, B):
    """Random features with the activation x^2."""
    overlap = 2 * np.einsum("ia,ij,ja->a", W, B, W)
    return 1 - overlap @ np.linalg.solve(2 * (W.T @ W) ** 2, overlap) / (2 * np.sum(B**2))


def tangent_features(b, W, B, steps=2000):
    """Tangent features of a slope with the normalized Hermite coefficients ``b``; columns of ``W`` are unit vectors.

    Normal equations by conjugate gradients; moments by Stein's lemma.
    """
    b = np.append(np.asarray(b, dtype=float), np.zeros(4))
    k, T = np.arange(len(b)), W.T @ W
    value = sum(b[i] ** 2 * T**i for i in k)
    once = sum(b[i + 1] ** 2 * (i + 1) * T**i for i in k[:-1])
    twice = sum(b[i + 2] * b[i] * np.sqrt((i + 1) * (i + 2)) * T**i for i in k[:-2])
    mean = b[1] * W

    def gram(A):
        inner = W.T @ A
        own = np.diag(inner)
        cross = (
            W * (once @ own) + W @ (once * inner.T) + W * (twice * inner).sum(1) + W @ (twice * own[:, None])
        )
        return A @ value + cross - mean * np.sum(mean * A)

    wanted = 2 * b[1] * B @ W + W * (np.einsum("ia,ij,ja->a", W, B, W) * np.sqrt(6) * b[3])
    found, left = np.zeros_like(wanted), wanted.copy()
    direction, size = left.copy(), np.sum(left**2)
    enough = 1e-22 * size
    for _ in range(steps):
        moved = gram(direction)
        step = size / np.sum(direction * moved)
        found, left = found + step * direction, left - step * moved
        size, before = np.sum(left**2), size
        if size < enough:
            break
        direction = left + size / before * direction
    return 1 - np.sum(found * wanted) / (2 * np.sum(B**2))

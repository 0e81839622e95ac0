"""Sizes, ridges and what else training has: the one table of what regimes, exports, options and figures call them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["QUANTITIES", "RIDGES", "SIZES", "TRAINED", "Quantity"]


@dataclass(frozen=True)
class Quantity:
    r"""A size, a ratio of sizes, an exponent or a ridge.

    Attributes
    ----------
    name : str
        As regimes, exports and options spell it.
    meaning : str
    label : str
        On axes of figures: words, and a symbol between dollars.
    over : tuple of Quantity
        Numerator and denominator, if it is a ratio.
    partner : str
        Name of the size that it equals at the interpolation threshold.

    Examples
    --------
    >>> PSI1.symbol, [part.name for part in PSI1.over], PSI1.partner
    ('$\\psi_1$', ['p', 'd'], 'psi2')
    """

    name: str
    meaning: str
    label: str
    over: tuple[Quantity, ...] = ()
    partner: str = ""

    @property
    def symbol(self) -> str:
        """The symbol alone, between dollars."""
        return "$" + self.label.split("$")[1].split(" = ")[0] + "$"


D = Quantity("d", "Input dimension", r"input dimension $d$")
N = Quantity("n", "Samples", r"samples $n$", partner="p")
P = Quantity("p", "Features; infinitely many by default", r"features $p$", partner="n")
PSI1 = Quantity(
    "psi1", "Features per input dimension", r"features per dimension $\psi_1 = p/d$", (P, D), "psi2"
)
PSI2 = Quantity(
    "psi2", "Samples per input dimension", r"samples per dimension $\psi_2 = n/d$", (N, D), "psi1"
)
KAPPA1 = Quantity("kappa1", "Exponent of the features: p = theta1 d^kappa1", r"$\kappa_1 = \log p/\log d$")
KAPPA2 = Quantity("kappa2", "Exponent of the samples: n = theta2 d^kappa2", r"$\kappa_2 = \log n/\log d$")
THETA1 = Quantity("theta1", "Coefficient of the features, 1 by default", r"$\theta_1 = p/d^{\kappa_1}$")
THETA2 = Quantity("theta2", "Coefficient of the samples, 1 by default", r"$\theta_2 = n/d^{\kappa_2}$")
RIDGE = Quantity("ridge", "lambda in |y - Za|^2 + lambda |a|^2; 0 is the ridgeless limit", r"ridge $\lambda$")
RIDGE_PER_SAMPLE = Quantity(
    "ridge_per_sample", "lambda/n, instead of --ridge", r"ridge per sample $\lambda/n$", (RIDGE, N)
)

TIME = Quantity("time", "time of gradient flow, instead of the ridge", "training time $t$")
TIME_PER_SAMPLE = Quantity(
    "time_per_sample", "time times the number of samples", "training time times samples $nt$"
)
STEPS = Quantity("steps", "number of steps", "steps $k$")
STEP_SIZE = Quantity("step_size", "size of a step", r"step size $\eta$")
MOMENTUM = Quantity("momentum", "share of the last step that is made again", r"momentum $\beta$")
TIMES = Quantity("times", "how often ridge regression is repeated", "repetitions $m$")
ABOVE = Quantity("above", "least eigenvalue of principal components", r"threshold $x_c$")
TRAINED = (RIDGE, TIME, STEPS, STEP_SIZE, MOMENTUM, TIMES, ABOVE)
"""Parameters of training: an experiment draws nothing anew for other values of them."""

SIZES = (PSI1, PSI2, D, N, P, KAPPA1, KAPPA2, THETA1, THETA2)
RIDGES = (RIDGE, RIDGE_PER_SAMPLE)

QUANTITIES = {quantity.name: quantity for quantity in (*SIZES, *RIDGES, TIME_PER_SAMPLE, *TRAINED)}
"""Every quantity by name."""

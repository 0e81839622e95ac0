"""From a model's mathematics to a fixed-point system; no floats anywhere."""

from asymptotics.symbolic.dimensions import Dimension, SpectralDimension
from asymptotics.symbolic.dyson import DysonEquation, dyson_equation
from asymptotics.symbolic.matrices import (
    DeterministicVector,
    GaussianMatrix,
    GaussianVector,
    SpectralMatrix,
    Variable,
)
from asymptotics.symbolic.pencil import Block, Pencil, Placement
from asymptotics.symbolic.programs import QuadraticProgram, inner, norm2
from asymptotics.symbolic.scalarization import slope

__all__ = [
    "Block",
    "DeterministicVector",
    "Dimension",
    "DysonEquation",
    "GaussianMatrix",
    "GaussianVector",
    "Pencil",
    "Placement",
    "QuadraticProgram",
    "SpectralDimension",
    "SpectralMatrix",
    "Variable",
    "dyson_equation",
    "inner",
    "norm2",
    "slope",
]

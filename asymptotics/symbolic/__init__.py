"""From a model's mathematics to a fixed-point system; no floats anywhere."""

from asymptotics.symbolic.dimensions import Dimension, SpectralDimension
from asymptotics.symbolic.dyson import DysonEquation, dyson_equation
from asymptotics.symbolic.expressions import Expression, NormalizedTrace, identity, ntr
from asymptotics.symbolic.linearization import Linearization, linearize
from asymptotics.symbolic.matrices import (
    DeterministicVector,
    GaussianMatrix,
    GaussianVector,
    SpectralMatrix,
    Variable,
)
from asymptotics.symbolic.observables import slope
from asymptotics.symbolic.pencil import Block, Pencil, Placement
from asymptotics.symbolic.programs import QuadraticProgram, inner, norm2
from asymptotics.symbolic.replicas import replicate
from asymptotics.symbolic.traces import trace_system

__all__ = [
    "Block",
    "DeterministicVector",
    "Dimension",
    "DysonEquation",
    "Expression",
    "GaussianMatrix",
    "GaussianVector",
    "Linearization",
    "NormalizedTrace",
    "Pencil",
    "Placement",
    "QuadraticProgram",
    "SpectralDimension",
    "SpectralMatrix",
    "Variable",
    "dyson_equation",
    "identity",
    "inner",
    "linearize",
    "norm2",
    "ntr",
    "replicate",
    "slope",
    "trace_system",
]

"""Runs derivations, grades the evidence, renders the argument."""

from asymptotics.verification import checks as check
from asymptotics.verification.derivation import Derivation, Step
from asymptotics.verification.discovery import bibliography, derivations
from asymptotics.verification.evidence import Check, Evidence, Verdict
from asymptotics.verification.render import render
from asymptotics.verification.run import conclusion, verify, write_conclusions, write_records

__all__ = [
    "Check",
    "Derivation",
    "Evidence",
    "Step",
    "Verdict",
    "bibliography",
    "check",
    "conclusion",
    "derivations",
    "render",
    "verify",
    "write_conclusions",
    "write_records",
]

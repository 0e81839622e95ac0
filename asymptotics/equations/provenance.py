"""Where a system came from: the steps that made it, what they assumed, and whom to cite."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Provenance:
    """History of a system.

    Attributes
    ----------
    derivation : str
        Identifier of the derivation that ends in this system (empty if none yet).
    steps : tuple of str
        What was done, in order, one sentence each.
    assumptions : tuple of str
        What is taken from the literature without proof, each with its reference key.
    references : tuple of str
        Keys of the bibliography.
    """

    derivation: str = ""
    steps: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

    def then(self, step: str) -> Provenance:
        """The same history with one more step."""
        return replace(self, steps=(*self.steps, step))

    def __str__(self) -> str:
        lines = [f"{number}. {step}" for number, step in enumerate(self.steps, 1)]
        lines += [f"assumed: {assumption}" for assumption in self.assumptions]
        return "\n".join(lines)

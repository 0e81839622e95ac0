"""The checks a derivation may yield. Each returns a :class:`Check`: statement, grade, outcome, how.

======================  ===================================================================  ===========
check                   says                                                                 grade
======================  ===================================================================  ===========
``shapes``              every product conforms                                               EXACT
``identity``            two rational expressions are equal, modulo given equations           EXACT
``in_ideal``            an expression vanishes whenever the equations hold                   EXACT
``equivalent``          two sets of equations imply each other                               EXACT
``positive``            an expression is a sum of positive terms                             EXACT
``represents``          a pencil stands for the problem, at random rational matrices         EXACT
``irreducible``         a polynomial has no proper factor in a variable                      EXACT
``inverts``             a Dyson equation is solved by its blocks                             EXACT
``series``              a power series solves an equation to an order                        EXACT
``same_object``         two exact objects are structurally equal                             EXACT
``enclosed``            a number lies in a proved ball                                       ENCLOSED
``agrees``              two numbers agree to so many digits                                  CONVERGED
``limit``               the gap to the limit falls at the predicted rate                     CONVERGED
``simulated``           Monte Carlo within so many standard errors                           STATISTICAL
``assumes``             a theorem is taken from the literature                               ASSUMED
======================  ===================================================================  ===========
"""

from asymptotics.verification.exact_checks import (
    equivalent,
    identity,
    in_ideal,
    irreducible,
    positive,
    series,
)
from asymptotics.verification.measured_checks import agrees, assumes, enclosed, limit, simulated
from asymptotics.verification.structure_checks import inverts, represents, same_object, shapes

__all__ = [
    "agrees",
    "assumes",
    "enclosed",
    "equivalent",
    "identity",
    "in_ideal",
    "inverts",
    "irreducible",
    "limit",
    "positive",
    "represents",
    "same_object",
    "series",
    "shapes",
    "simulated",
]

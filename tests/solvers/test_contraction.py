"""Krawczyk's map and the change of sign, on small problems with known answers: proofs and refusals."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from asymptotics.errors import InputError, PrecisionError
from asymptotics.lowering.balls import Balls
from asymptotics.lowering.germs import Germs
from asymptotics.lowering.systems import Sides
from asymptotics.solvers.accuracy import Digits, Proved
from asymptotics.solvers.contraction import aligned, contracted, difference, dot
from asymptotics.solvers.enclosure import _sign, enclose_root

ARITHMETIC = Balls(30)
MATRIX = [[2, 1, 0], [-1, 3, 1], [1, 0, 4]]


def balls(values, radius=0):
    return [ARITHMETIC.widened(ARITHMETIC.convert(v), ARITHMETIC.convert(radius)) for v in values]


def between(low, high):
    return ARITHMETIC.hull(ARITHMETIC.convert(Fraction(low)), ARITHMETIC.convert(Fraction(high)))


def solved(matrix, right):
    return [
        Fraction(x).limit_denominator(10**9)
        for x in np.linalg.solve(np.array(matrix, float), -np.array(right))
    ]


@pytest.mark.parametrize("extra", [None, ["1/1000", "-1/500", "1/250"]])
@pytest.mark.parametrize("radius", ["0", "1/50"])
def test_every_zero_of_linear_maps_with_uncertain_slopes_is_enclosed(extra, radius):
    values = [Fraction(1, 100), Fraction(-1, 50), Fraction(3, 100)]
    moved = [v + Fraction(e) for v, e in zip(values, extra or ["0"] * 3, strict=True)]
    with ARITHMETIC.precision():
        slopes = [balls(row, radius) for row in MATRIX]
        more = balls(extra) if extra else []
        box, image = contracted(
            (balls(values), [balls(row) for row in MATRIX]), lambda _: (more, slopes), ARITHMETIC
        )
        assert all(b.contains_interior(k) for b, k in zip(box, image, strict=True))
        for signs in itertools.product([-1, 1], repeat=3):
            matrix = [[v + s * Fraction(radius) for v in row] for row, s in zip(MATRIX, signs, strict=True)]
            for ball, zero in zip(image, solved(matrix, [float(v) for v in moved]), strict=True):
                assert abs(ball - ARITHMETIC.convert(zero)).lower() < 1e-8
        widths = [float(ball.rad()) for ball in image]
        assert max(widths) < (1e-3 if radius == "1/50" else 1e-25)


def quadratic(constant, slope):
    """``constant + slope z + z^2``, whose slope on a box is ``slope + 2 z``."""

    def over(box):
        return [], [[ARITHMETIC.convert(slope) + box[0] * 2]]

    centre = balls([constant]), [balls([slope])]
    return contracted(centre, over, ARITHMETIC)


def test_one_zero_is_proved_and_a_double_one_is_not():
    """z^2 + z/2 - 1/100 has one zero near 0.0192; z^2 + z/5 + 1/100 = (z + 1/10)^2, and close to it there are two."""
    with ARITHMETIC.precision():
        box, image = quadratic("-1/100", "1/2")
        root = (-0.5 + (0.25 + 0.04) ** 0.5) / 2
        assert (
            image[0].contains(ARITHMETIC.convert(Fraction(root).limit_denominator(10**15)))
            or abs(float(image[0].mid()) - root) < float(image[0].rad()) + 1e-14
        )
        assert not box[0].contains(ARITHMETIC.convert(Fraction(-1, 2)))
        for constant in ("1/100", "99/10000", "101/10000"):
            with pytest.raises(PrecisionError, match="Krawczyk"):
                quadratic(constant, "1/5")


def test_a_singular_jacobian_is_refused():
    with ARITHMETIC.precision(), pytest.raises(PrecisionError, match="not certainly invertible"):
        rows = [balls([1, 2]), balls([2, 4])]
        contracted((balls([0, 0]), rows), lambda _: ([], rows), ARITHMETIC)


@pytest.mark.parametrize(
    ("inner", "outer", "inside"),
    [((1, 2), (0, 3), True), ((0, 2), (0, 3), False), ((1, 3), (0, 3), False), ((0, 3), (0, 3), False),
     ((-1, 1), (0, 3), False), ((2, 4), (0, 3), False), ((-1, 4), (0, 3), False), ((4, 5), (0, 3), False)],
)  # fmt: skip
def test_the_interior_is_not_an_overlap(inner, outer, inside):
    with ARITHMETIC.precision():
        first, second = (between(a, b) for a, b in (inner, outer))
        assert ARITHMETIC.strictly_inside(first, second) == inside


def test_an_image_that_overlaps_its_box_proves_nothing(monkeypatch):
    """A map whose slopes vary by more than themselves: its image meets every box, and lies in none."""
    with ARITHMETIC.precision(), pytest.raises(PrecisionError):
        contracted((balls(["1/1000"]), [balls([1])]), lambda _: ([], [balls([1], "11/10")]), ARITHMETIC)


@pytest.mark.parametrize("wide", [(0,), (1,), (0, 1), ()])
def test_every_coordinate_of_an_image_has_to_be_inside(wide):
    """Two maps side by side, of which either may have slopes that vary by more than themselves."""
    slopes = [
        [balls([int(i == k)], "11/10" if i == k and i in wide else 0)[0] for k in (0, 1)] for i in (0, 1)
    ]
    with ARITHMETIC.precision():
        centre = balls(["1/1024", "1/1024"]), [balls([1, 0]), balls([0, 1])]
        if wide:
            with pytest.raises(PrecisionError, match="Krawczyk"):
                contracted(centre, lambda _: ([], slopes), ARITHMETIC)
        else:
            assert contracted(centre, lambda _: ([], slopes), ARITHMETIC)[1][1].contains(
                ARITHMETIC.convert("-1/1024")
            )


@pytest.mark.parametrize(("first", "second"), [(0, 1), (1, 0), (0, 0)])
def test_equations_in_germs_are_over_their_leading_power(first, second):
    """At ``eps <= 1/8``: ``2 eps^first - 3 eps^second`` over the smaller power, and the same for the slopes."""
    with ARITHMETIC.precision():
        germs = Germs(ARITHMETIC, ARITHMETIC.convert("1/8"))
        above, below = (germs.of(ARITHMETIC.convert(v), Fraction(e)) for v, e in ((2, first), (3, second)))
        (value,), ((slope, none),) = aligned(
            Sides([above], [below], [[(above, below), (None, None)]]), 2, germs
        )
        assert none == 0
        for eps in ("0", "1/16", "1/8"):
            exact = sum(
                number * Fraction(eps) ** (power - min(first, second))
                for number, power in ((2, first), (-3, second))
            )
            assert value.contains(ARITHMETIC.convert(exact)) and slope.contains(ARITHMETIC.convert(exact))
        assert float(value.rad()) < 0.2


def test_differences_of_slopes_that_may_be_missing():
    zero = Fraction(0)
    assert difference((3, 5), zero) == -2 and difference((3, None), zero) == 3
    assert difference((None, 5), zero) == -5 and difference((None, None), zero) is zero
    assert dot([1, 2, 3], [4, 5, 6]) == 32


def sides(excess, slope):
    """Both sides of a decreasing equation in nu."""

    def at(nu):
        return excess(nu) + 2, ARITHMETIC.convert(2), slope(nu)

    return at


def test_a_root_lies_between_two_signs():
    """1/nu - 2 = 0, with the slope 1/nu in the logarithm."""
    with ARITHMETIC.precision():
        one = ARITHMETIC.convert(1)
        for guess in ("1/2", "0.49", "0.3", "3"):
            found = enclose_root(
                sides(lambda x: one / x - 2, lambda x: one / x), ARITHMETIC.convert(guess), ARITHMETIC
            )
            half = ARITHMETIC.convert(Fraction(1, 2))
            assert found.value.contains(half) and found.lower < half < found.upper
            assert guess != "1/2" or float(found.value.rad()) < 1e-29


def test_roots_of_uncertain_equations_are_all_inside():
    """a/nu = 2 for a between 0.9 and 1.1: roots from 0.45 to 0.55, and little more than that."""
    with ARITHMETIC.precision():
        a = between("9/10", "11/10")
        found = enclose_root(
            sides(lambda x: a / x - 2, lambda x: a / x), ARITHMETIC.convert(Fraction(1, 2)), ARITHMETIC
        )
        for root in (Fraction(45, 100), Fraction(55, 100), Fraction(1, 2)):
            assert found.value.contains(ARITHMETIC.convert(root))
        assert float(found.value.rad()) < 0.08


@pytest.mark.parametrize(
    ("excess", "slope", "message"),
    [(lambda x: x * 0 + 1, lambda x: x, "no change of sign"), (lambda x: x * 0 - 1, lambda x: x, "no change of sign"),
     (lambda x: 1 - x, lambda x: x - x, "slope"), (lambda x: 1 - x, lambda x: x * 0, "slope"),
     (lambda x: 1 - x, lambda x: -x, "slope"),
     (lambda x: x - 1, lambda x: x, "no change of sign")],
)  # fmt: skip
def test_what_has_no_root_has_no_proof(excess, slope, message):
    with ARITHMETIC.precision(), pytest.raises(PrecisionError, match=message):
        enclose_root(sides(excess, slope), ARITHMETIC.convert(Fraction(9, 10)), ARITHMETIC)


@pytest.mark.parametrize(
    ("digits", "allowed"), [(1, True), (50, True), (0, False), (-1, False), (2.0, False)]
)
@pytest.mark.parametrize("kind", [Digits, Proved])
def test_numbers_of_digits(kind, digits, allowed):
    if allowed:
        assert kind(digits).digits == digits
    else:
        with pytest.raises(InputError):
            kind(digits)
    assert Proved().digits == 16 and not Proved().branch


@pytest.mark.parametrize(
    ("low", "high", "sign"),
    [
        ("1/4", "1/2", 1),
        (2, 3, 1),
        ("-1/2", "-1/4", -1),
        (-3, -2, -1),
        (-1, 1, 0),
        (0, 1, 0),
        (-1, 0, 0),
        (0, 0, 0),
    ],
)
def test_a_sign_is_certain_or_none(low, high, sign):
    with ARITHMETIC.precision():
        assert _sign((between(low, high), ARITHMETIC.convert(0), None)) == sign
        assert _sign((ARITHMETIC.convert(0), between(low, high), None)) == -sign


@pytest.mark.parametrize("size", [1, Fraction(1, 100)])
@pytest.mark.parametrize(
    "away", [Fraction(-1, 10**12), Fraction(1, 10**12), Fraction(-1, 50), Fraction(1, 50)]
)
def test_ends_are_next_to_the_guess_and_just_beyond_the_root(away, size):
    """``size/nu = 2 size`` from guesses on both sides: three evaluations, and one more where they are far away."""
    asked = []

    def at(nu):
        asked.append(nu)
        return size / nu, ARITHMETIC.convert(2 * size), size / nu

    with ARITHMETIC.precision():
        size = ARITHMETIC.convert(size)
        guess = ARITHMETIC.convert((1 + away) / 2)
        found = enclose_root(at, guess, ARITHMETIC)
        assert found.value.contains(ARITHMETIC.convert("1/2"))
        above, below = (
            float((end / guess - 1) / ARITHMETIC.convert(-away)) for end in (found.upper, found.lower)
        )
        beyond, here = (above, below) if away < 0 else (below, above)
        assert 1.9 < beyond < 2.1 and abs(here) < 1e-15
        far = abs(away) > 1e-6
        assert len(asked) == 3 + far
        assert float(found.value.rad()) < (1e-3 if far else 1e-11)


def test_signs_of_uncertain_equations_are_settled_at_once():
    with ARITHMETIC.precision():
        a, asked = between("99/100", "101/100"), []

        def at(nu):
            asked.append(nu)
            return a / nu, ARITHMETIC.convert(2), a / nu

        assert enclose_root(at, ARITHMETIC.convert("1/2"), ARITHMETIC).value.contains(
            ARITHMETIC.convert("0.505")
        )
        assert len(asked) == 4


@pytest.mark.parametrize("claimed", [1, 100])
def test_points_of_uncertain_sign_are_no_ends(claimed):
    """The slope that is claimed is too steep: the first ends are too close, and have to be moved apart."""
    with ARITHMETIC.precision():
        a = between("9/10", "11/10")
        at = sides(lambda x: a / x - 2, lambda x: a / x * claimed)
        found = enclose_root(at, ARITHMETIC.convert(Fraction(1, 2)), ARITHMETIC)
        assert _sign(at(found.lower)) == 1 and _sign(at(found.upper)) == -1
        assert float(found.lower) < 0.45 and float(found.upper) > 0.55

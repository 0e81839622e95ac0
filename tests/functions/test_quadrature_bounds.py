"""Every bound of the rigorous quadrature: never below what it bounds, and within a small factor of it."""

import cmath
import itertools
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from asymptotics.errors import PrecisionError
from asymptotics.functions.expansions.expand_certified import OfCoordinate
from asymptotics.functions.expansions.quadrature import legendre_rule
from asymptotics.functions.expansions.rigorous_quadrature import _Integration, _Panel, _symmetric, integrate
from asymptotics.functions.formulas.bounds import Growth
from asymptotics.functions.formulas.enclosures import arb, whole_power, working_precision
from asymptotics.functions.formulas.grammar import parse_formula

CALM = Growth(arb(1), Fraction(0), arb(0))


@dataclass(frozen=True)
class Own:
    """A function of s, with kinks and a growth."""

    function: Any
    places: tuple[float, ...] = ()
    bound: Growth | None = CALM

    def __call__(self, s, t, arithmetic):
        return self.function(s)

    def near(self, t):
        return self

    def kinks(self):
        return [arb(place) for place in self.places]

    def growth(self):
        return self.bound


def chebyshev(degree, half):
    """``T_degree(s/half)``, by its recurrence."""

    def at(s):
        previous, current = 0 * s + 1, s / half
        for _ in range(degree - 1):
            previous, current = current, 2 * s / half * current - previous
        return current

    return at


def monic(integration, degree, t):
    """A monic polynomial at a complex place."""
    steps = [float(step) for step in integration.steps]
    previous, current = 0, 1
    for k in range(degree):
        previous, current = current, t * current - steps[k] * previous
    return current


def made(function=lambda s: s * 0 + 1, d=math.inf, degrees=4, bits=60):
    return _Integration(function if isinstance(function, Own) else Own(function), d, degrees, bits)


@pytest.mark.parametrize(("bits", "degrees"), [(20, 0), (60, 4), (61, 5)])
def test_the_error_of_a_rule_is_within_twice_its_bound_at_worst(bits, degrees):
    """Of all functions bounded on the ellipse Chebyshev's polynomial of degree 2n is nearly the worst."""
    with working_precision(400):
        integration = made(bits=bits, degrees=degrees)
        n = integration.count
        assert n >= bits // 2 + degrees // 2
        rule = legendre_rule(n, 400)
        value = sum(
            (w * chebyshev(2 * n, 1)(x) for w, x in zip(rule.weights, rule.nodes, strict=True)), arb(0)
        )
        # Coefficients of degree 2k are at most 2 M rho^(-2k), and the rule errs by at most 32/15 on each.
        series = sum((arb(64) / 15 * arb(2) ** (-2 * k) for k in range(n, n + 500)), arb(0))
        assert abs(integration.factor / series - 1) < 1e-30
        error = abs(value - arb(2) / (1 - 4 * n * n))
        on_ellipse = (arb(2) ** (2 * n) + arb(2) ** (-2 * n)) / 2
        assert error < integration.factor * on_ellipse < 2 * error


@pytest.mark.parametrize("d", [math.inf, 2, 3, 7])
@pytest.mark.parametrize(
    ("function", "slack"), [(lambda s: (s / 3).exp(), 1.3), (lambda s: (8 * s).cos(), 4)]
)
@pytest.mark.parametrize(("middle", "half"), [(0.9, 0.5), (0.25, 0.25), (0.75, 0.1)])
def test_bounds_over_an_ellipse(d, function, slack, middle, half):
    """Weight times ``exp(s/3)`` or ``cos(8 s)`` on either side, its square, and polynomials, in the ellipse."""
    with working_precision(80):
        integration = made(function, d)
        size, squared, heights = integration.bounds((integration.function,) * 2, arb(middle), arb(half))
        assert integration.weight(arb(0)) == 1
    seen = [0.0, 0.0, *[0.0] * len(heights)]
    for ratio, k in itertools.product((2, 1.5, 1), range(64)):
        turn = cmath.exp(2j * math.pi * k / 64) * ratio
        s = middle + half * (turn + 1 / turn) / 2
        weight = abs(cmath.exp(-s * s / 2) if d == math.inf else cmath.cos(s / d**0.5) ** (d - 2))
        value = abs(cmath.exp(abs(s.real) / 3) if slack < 2 else cmath.cos(8 * s))
        t = s if d == math.inf else d**0.5 * cmath.sin(s / d**0.5)
        now = [
            weight * value,
            weight * value**2,
            *(abs(monic(integration, k, t)) for k in range(len(heights))),
        ]
        seen = [max(pair) for pair in zip(seen, now, strict=True)]
    for bound, largest in zip([size, squared, *heights], seen, strict=True):
        assert largest <= float(bound) * (1 + 1e-12)
    assert float(size) <= slack * seen[0] and float(squared) <= slack**2 * seen[1]
    far, up = middle + 1.25 * half, 0.75 * half
    reach = math.hypot(far, up)
    if d < math.inf:
        reach = d**0.5 * math.hypot(
            math.sin(far / d**0.5) if far / d**0.5 < 1.5 else 1, math.sinh(up / d**0.5)
        )
    with working_precision(80):
        expected = [float(b) for b in integration.polynomial_bounds(arb(reach), arb(up))]
    assert [float(b) for b in heights] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("d", [math.inf, 2, 5, 30])
def test_weights_over_boxes(d):
    with working_precision(80):
        integration = made(d=d)
        box = integration.weight_bound(arb(0.6, 0.2), arb(0.3, 0.1))
        point = integration.weight_bound(arb(0.7), arb(0.3))
        on_line = integration.weight_bound(arb(0.7), arb(0))
        assert on_line >= integration.weight(arb(0.7)) and float(on_line) == pytest.approx(
            math.exp(-0.245) if d == math.inf else math.cos(0.7 / d**0.5) ** (d - 2)
        )
    corners = [complex(x, y) for x in (0.4, 0.6, 0.8) for y in (0.2, 0.3, 0.4)]
    weights = [
        abs(cmath.exp(-s * s / 2) if d == math.inf else cmath.cos(s / d**0.5) ** (d - 2)) for s in corners
    ]
    assert max(weights) <= float(box) * (1 + 1e-12) <= 1.05 * max(weights)
    s = complex(0.7, 0.3)
    exact = abs(cmath.exp(-s * s / 2) if d == math.inf else cmath.cos(s / d**0.5) ** (d - 2))
    assert exact <= float(point) * (1 + 1e-12) <= 1.0001 * exact


@pytest.mark.parametrize("d", [math.inf, 3, 8])
@pytest.mark.parametrize("up", [0.0, 0.5])
def test_polynomials_in_a_disk(d, up):
    """At infinite dimension the recurrence with absolute values; on spheres no more than at the pole."""
    with working_precision(80):
        integration = made(d=d, degrees=6)
        for reach in (0.3, 2.0, 50.0):
            bounds = [float(b) for b in integration.polynomial_bounds(arb(reach), arb(up))]
            with_signs = [abs(monic(integration, k, 1j * reach)) for k in range(7)]
            pole = [abs(monic(integration, k, (d if d < math.inf else 1) ** 0.5)) for k in range(7)]
            for k, bound in enumerate(bounds):
                least = (
                    with_signs[k]
                    if d == math.inf
                    else min(with_signs[k], pole[k] * math.exp(up * k / d**0.5))
                )
                assert bound == pytest.approx(least, rel=1e-9)


@pytest.mark.parametrize("degree", [0, 1, 3])
@pytest.mark.parametrize("gamma", [1.0, 0.9])
@pytest.mark.parametrize(("power", "rate"), [(0, 0.0), (2, 0.5)])
def test_what_lies_beyond_the_last_panel(degree, gamma, power, rate):
    """The integral of the bound on the integrand, within a factor of two and a half; none where it may not fall yet."""
    bound = Growth(arb(3), Fraction(power), arb(rate))
    with working_precision(80):
        integration = made()
        for place in (5.0, 8.0):
            found = integration.left_out(bound, degree, arb(place), arb(gamma))

            def integrand(x):
                return (
                    3
                    * degree ** (degree / 2)
                    * (1 + x) ** (degree + power)
                    * mpmath.exp(rate * x - gamma * x * x / 2)
                )

            exact = mpmath.quad(integrand, [place, place + 1, place + 3, place + 10])
            assert exact <= float(found) <= 2.5 * exact
            assert abs(monic(integration, degree, place)) <= degree ** (degree / 2) * (1 + place) ** degree
        slope_settles = next(
            s / 100 for s in range(1, 1000) if (power + degree) / (1 + s / 100) + rate <= gamma * s / 200
        )
        assert integration.left_out(bound, degree, arb(slope_settles + 0.02), arb(gamma)) is not None
        assert (
            slope_settles < 0.02
            or integration.left_out(bound, degree, arb(slope_settles - 0.02), arb(gamma)) is None
        )


@pytest.mark.parametrize(
    ("d", "ends"), [(3, True), (64, True), (65, False), (10**6, False), (math.inf, False)]
)
def test_where_to_stop(d, ends):
    """At the pole, or where the rest is below the tolerance and not much further."""
    with working_precision(160):
        integration = made(d=d, bits=60)
        place, remainders, rest = integration.horizon()
        if ends:
            assert place is integration.end and rest == 0 and remainders == [0] * 5
            return
        gamma = arb(1) if d == math.inf else arb(d - 2) / d
        assert rest.overlaps(integration.left_out(CALM, 0, place, gamma))
        assert all(b.overlaps(integration.left_out(CALM, k, place, gamma)) for k, b in enumerate(remainders))
        small = integration.tolerance
        assert rest < small and all(
            b * b < small * small * n for b, n in zip(remainders, integration.norms, strict=True)
        )
        before = [integration.left_out(CALM, k, place - 1, gamma) for k in range(5)]
        assert any(
            b is None or b * b >= small * small * n for b, n in zip(before, integration.norms, strict=True)
        )


def test_where_to_stop_for_the_square_of_what_may_be_much_larger_than_it_is():
    """Of size 300, with a bound of 1e12: the square is what settles the place."""
    with working_precision(160):
        integration = made(
            Own(lambda s: s * 0 + 300, bound=Growth(arb(10) ** 12, Fraction(0), arb(0))), bits=60
        )
        place, _, rest = integration.horizon()
        small = integration.tolerance * 90000
        before = integration.left_out(Growth(arb(10) ** 24, Fraction(0), arb(0)), 0, place - 1, arb(1))
        assert rest < small <= before


def test_what_grows_too_fast_or_has_no_bound_is_refused():
    steep = Growth(arb(1), Fraction(0), arb(10) ** 6)
    with working_precision(160):
        with pytest.raises(PrecisionError, match="grows too fast"):
            made(Own(lambda s: s * 0 + 1, bound=steep)).horizon()
        with pytest.raises(PrecisionError, match="no bound is known"):
            made(Own(lambda s: s, bound=None)).horizon()
        sphere = made(Own(lambda s: s, bound=None), d=100).bound_on_sphere()
        assert (
            math.pi * 5 <= float(sphere.constant) < math.pi * 5.01 and sphere.power == 0 and sphere.rate == 0
        )
        with pytest.raises(PrecisionError, match="no bound is known"):
            made(Own(lambda s: 1 / s, bound=None), d=100).bound_on_sphere()


@pytest.mark.parametrize("scale", [None, 2.0, 0.01])
def test_errors_are_compared_with_the_size_of_the_function(scale):
    """Of mean square about nine; every error at its own threshold, and just above."""
    with working_precision(160):
        integration = made(lambda s: s * 0 + 3)
        assert integration.size_estimate() == 9
        integration.scale = arb(0 if scale is None else scale * 9)
        reference = 9 * max(1, scale or 0)
        top = integration.tolerance * reference
        each = [integration.tolerance * (reference * n).sqrt() for n in integration.norms]
        assert integration.negligible(top * 0.999, [e * 0.999 for e in each])
        assert not integration.negligible(top * 1.001, [e * 0 for e in each])
        for k in range(5):
            assert not integration.negligible(
                top * 0, [e * (1.001 if i == k else 0) for i, e in enumerate(each)]
            )


@pytest.mark.parametrize("d", [math.inf, 4])
def test_panels_end_at_kinks_on_both_sides_and_are_short(d):
    integration = made(Own(lambda s: s, places=(-0.5, 1.5, 0.5, 0.0, 40.0)), d)
    with working_precision(100):
        last = arb(8) if d == math.inf else integration.end
        panels = integration.panels(last)
        edges = [float(panel.left) for panel in panels] + [float(panels[-1].right)]
        wanted = [0.5, 1.5] if d == math.inf else [d**0.5 * math.asin(x / d**0.5) for x in (0.5, 1.5)]
        assert edges == sorted(edges) and edges[0] == 0 and edges[-1] == pytest.approx(float(last))
        assert all(min(abs(e - w) for e in edges) < 1e-12 for w in wanted)
        assert max(b - a for a, b in itertools.pairwise(edges)) <= 1.5 and len(edges) == (
            8 if d == math.inf else 4
        )
        for panel, following in itertools.pairwise(panels):
            assert panel.right == following.left and panel.depth == 0 and panel.blur < 1e-25


def test_kinks_that_are_not_known_exactly_blur_the_ends():
    integration = made(Own(lambda s: s, places=(1.0,)))
    with working_precision(100):
        uncertain = arb(1, 1e-3)
        integration.function = type("Blurred", (Own,), {"kinks": lambda self: [uncertain, -uncertain]})(
            lambda s: s
        )
        first, second = integration.panels(arb(2))
        assert first.right == second.left == 1
        assert 0.001 <= float(first.blur) < 0.0011 and 0.001 <= float(second.blur) < 0.0011


def coarse(function, nodes=3, **given):
    """An integration with few nodes, of which anything is accepted."""
    integration = made(function, **given)
    integration.factor = integration.factor * arb(4) ** (integration.count - nodes)
    integration.count, integration.rule, integration.tolerance = (
        nodes,
        legendre_rule(nodes, 100),
        arb(10) ** 9,
    )
    return integration


def exactly(function, degree, integration, low, high):
    """The integral of a function of mpmath times a polynomial times the Gaussian weight."""
    return mpmath.quad(
        lambda s: function(s) * mpmath.re(monic(integration, degree, s)) * mpmath.exp(-s * s / 2), [low, high]
    )


@pytest.mark.parametrize("degree", [6, 7])
def test_panels_hold_their_integrals_with_few_nodes(degree):
    """``32 z^6`` at three nodes is Chebyshev's polynomial but for what they integrate exactly; ``z^7`` is odd."""
    half = 0.5

    def power(s):
        return 32 * whole_power(s / half, degree)

    with working_precision(100):
        integration = coarse(power, degrees=3)
        size, squared, heights = integration.bounds((integration.function,) * 2, arb(0), arb(half))
        assert integration.accept(_Panel(arb(-half), arb(half), arb(0), 0))
        for k in range(3):
            exact = exactly(lambda s: 32 * (s / half) ** degree, k, integration, -half, half)
            off, radius = abs(float(integration.sums[k].mid()) - exact), float(integration.sums[k].rad())
            assert off <= radius and (off == 0 or radius <= 150 * off)
            assert radius == pytest.approx(half * float(integration.factor * size * heights[k]), rel=1e-6)
        exact = exactly(lambda s: 1024 * (s / half) ** (2 * degree), 0, integration, -half, half)
        assert abs(float(integration.total.mid()) - exact) <= float(integration.total.rad())
        assert float(integration.total.rad()) == pytest.approx(
            half * float(integration.factor * squared), rel=1e-6
        )


def test_short_panels_are_bounded_by_their_length():
    """``32 (2 s)^6`` on a panel of length one: at most 32 times bounds on the weight and the polynomials."""
    with working_precision(100):
        integration = coarse(lambda s: 32 * whole_power(s * 2, 6), degrees=2)
        assert integration.accept_small(_Panel(arb(-0.5), arb(0.5), arb(0), 0), arb(0.5), arb(0))
        weight = math.exp(0.125)  # of a ball around zero whose square is one
        for total, most in zip(integration.sums, (1, 0.5, 1.25), strict=True):
            assert total.mid() == 0 and 32 * most <= float(total.rad()) <= 32 * most * weight * 1.001
        assert 1024 <= float(integration.total.rad()) <= 1024 * weight * 1.001


@pytest.mark.parametrize("rate", [4, -4])
def test_short_panels_hold_both_sides(rate):
    """``exp(4 s)`` and ``exp(-4 s)``: on one side of zero they are large."""
    with working_precision(100):
        integration = coarse(lambda s: (rate * s).exp(), degrees=1)
        assert integration.accept_small(_Panel(arb(1), arb(1.5), arb(0), 0), arb(0.25), arb(1.25))
        parts = [
            mpmath.quad(lambda s, k=k: mpmath.cosh(4 * s) * s**k * mpmath.exp(-s * s / 2), [1, 1.5])
            for k in (0, 1)
        ]
        square = mpmath.quad(lambda s: mpmath.cosh(8 * s) * mpmath.exp(-s * s / 2), [1, 1.5])
        for found, exact in zip([*integration.sums, integration.total], [*parts, square], strict=True):
            assert exact <= float(found.rad()) <= 30 * exact


def test_a_narrow_peak_is_not_negligible_for_its_square():
    """Of size one nearly everywhere; on a short panel 1e4, which its integral hides and that of its square does not."""
    for peak, accepted in ((0, True), (10**4, False)):
        with working_precision(160):
            integration = made(
                lambda s, peak=peak: 1 + peak * (-whole_power((s - 0.3) * 10**8, 2)).exp(), degrees=0
            )
            integration.tolerance = arb(10) ** -9
            place, half = arb(0.3), arb(10) ** -14 * 2
            assert (
                integration.accept_small(_Panel(place - half, place + half, arb(0), 0), half, place)
                is accepted
            )


@pytest.mark.parametrize(("peak", "accepted"), [(0, True), (9, False)])
def test_a_narrow_peak_is_not_negligible_in_high_degrees(peak, accepted):
    """Of size ten at s = 3, where the polynomial of degree four is 28 times its norm: its square alone is small."""
    with working_precision(160):
        integration = made(lambda s: 1 + peak * (-whole_power((s - 3) * 10**8, 2)).exp(), degrees=4)
        integration.tolerance = arb(10) ** -9
        half = arb(10) ** -9 / 300 * arb(4.5).exp()
        panel = _Panel(3 - half, 3 + half, arb(0), 0)
        assert integration.accept_small(panel, half, arb(3)) is accepted


def test_a_bound_holds_on_both_sides():
    assert _symmetric(arb(1, 0.5)).contains(1.5) and _symmetric(arb(1, 0.5)).contains(-1.5)
    assert abs(_symmetric(arb(1, 0.5))) < 1.51


@pytest.mark.parametrize("d", [math.inf, 3])
def test_kinks_of_a_rectifier(d):
    """Half a Gaussian, or half of ``sqrt(3) u`` with u uniform: the part of degree one is a half, the square a half."""
    coefficients, total = integrate(OfCoordinate(parse_formula("relu(x)").node), d, 1, 60)
    with working_precision(150):
        mean = 1 / (2 * arb.pi()).sqrt() if d == math.inf else arb(3).sqrt() / 4
        for found, exact in ((coefficients[0], mean), (coefficients[1], arb(0.5)), (total, arb(0.5))):
            assert found.overlaps(exact) and found.rel_accuracy_bits() > 55


@pytest.mark.parametrize("accepted", ["accept", "accept_small"])
def test_what_is_too_large_is_not_accepted_and_nothing_added(accepted):
    with working_precision(100):
        integration = coarse(lambda s: (s * 4).exp(), degrees=2)
        integration.tolerance = arb(10) ** -9
        panel = _Panel(arb(0), arb(1), arb(0), 0)
        if accepted == "accept":
            assert not integration.accept(panel)
        else:
            assert not integration.accept_small(panel, arb(0.5), arb(0.5))
        assert integration.total == 0 and all(total == 0 for total in integration.sums)
        assert not made(lambda s: 1 / s).accept_small(_Panel(arb(0), arb(1), arb(0), 0), arb(0.5), arb(0.5))


def test_uncertain_ends_widen_what_they_bound():
    """Ends known to a thousandth move the integral of one by up to twice that, and no bound is much larger."""
    with working_precision(100):
        exact, blurred = (
            coarse(lambda s: s * 0 + 1, nodes=20, degrees=0),
            coarse(lambda s: s * 0 + 1, nodes=20, degrees=0),
        )
        assert exact.accept(_Panel(arb(0), arb(1), arb(0), 0)) and blurred.accept(
            _Panel(arb(0), arb(1), arb(0.001), 0)
        )
        assert float(exact.total.rad()) < 1e-9 and 0.002 < float(blurred.total.rad()) < 0.004
        assert exact.scale == exact.total.mid()
        small = coarse(lambda s: s * 0 + 1, nodes=20, degrees=0)
        assert small.accept_small(_Panel(arb(0), arb(1), arb(0.25), 0), arb(0.5), arb(0.5))
        assert small.total.contains(arb(1.5)) and small.total.contains(0) and float(small.total.rad()) < 2.6
        assert small.sums[0].contains(arb(1.5)) and float(small.sums[0].rad()) < 2.6


@pytest.mark.parametrize("d", [math.inf, 2, 3, 5, 70])
def test_moments_of_a_coordinate(d):
    """``t^3 + t^2``, odd and even: coefficients from the moments of a coordinate of a sphere of radius root d."""

    def cubic(s):
        t = s if d == math.inf else arb_or_complex(s, d)
        return t * t * t + t * t

    def arb_or_complex(s, d):
        root = arb(d).sqrt()
        return root * (s / root).sin()

    scale = 1 if d == math.inf else Fraction(d, d + 2)
    fourth, sixth = 3 * scale, 15 * scale * (1 if d == math.inf else Fraction(d, d + 4))
    steps = Growth(arb(2), Fraction(3), arb(0))
    coefficients, total = integrate(Own(cubic, bound=steps), d, 2, 80)
    with working_precision(200):
        for found, exact in ((coefficients[0], 1), (coefficients[1], fourth), (total, fourth + sixth)):
            value = arb(Fraction(exact).numerator) / Fraction(exact).denominator
            assert found.contains(value) and found.rel_accuracy_bits() > 70
        second = Fraction(fourth - 1)
        assert (coefficients[2] ** 2).contains(arb(second.numerator) / second.denominator)


def test_what_does_not_converge_is_given_up():
    with pytest.raises(PrecisionError, match="does not converge"):
        integrate(Own(lambda s: 1 / (s - arb(1) / 3)), 3, 0, 10)

import pickle
import warnings
from fractions import Fraction

import numpy as np
import pytest

from asymptotics.errors import InputError
from asymptotics.functions.activation_catalogue import ACTIVATION_NAMES
from asymptotics.functions.activations import Activation, as_activation


@pytest.mark.parametrize(
    "name", [*ACTIVATION_NAMES, "he1", "he_7", "Leaky ReLU", "leaky-relu", "swish", "sgn"]
)
def test_every_name_works(name):
    sigma = as_activation(name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        values = sigma(np.linspace(-50, 50, 11).reshape(1, 11))
    assert values.shape == (1, 11) and values.dtype == np.float64 and np.isfinite(values).all()
    assert sigma.expression is not None and str(sigma) == sigma.name
    assert pickle.loads(pickle.dumps(sigma)) == sigma and hash(sigma) == hash(as_activation(name))


def test_values():
    places = np.array([-2.0, -0.5, 0.5, 2.0])
    np.testing.assert_array_equal(as_activation("relu")(places), [0, 0, 0.5, 2])
    np.testing.assert_array_equal(as_activation("leaky_relu")(places), [-0.02, -0.005, 0.5, 2])
    np.testing.assert_array_equal(as_activation("sign")(places), [-1, -1, 1, 1])
    np.testing.assert_allclose(as_activation("he2")(places), (places**2 - 1) / np.sqrt(2), rtol=1e-15)
    np.testing.assert_allclose(as_activation("max(x,0) - x/3")(places), np.maximum(places, 0) - places / 3)
    assert as_activation("relu")(3.0) == 3.0 and as_activation("relu")(3).dtype == np.float64


@pytest.mark.parametrize(
    "name, parity",
    [
        ("relu", None),
        ("abs", "even"),
        ("erf", "odd"),
        ("he4", "even"),
        ("x*abs(x)", "odd"),
        ("cos(x)*x**2", "even"),
    ],
)
def test_parity(name, parity):
    assert as_activation(name).parity == parity


@pytest.mark.parametrize(
    "name",
    ["rleu", "", "tan h", "gellu", "he99", "x.real", "log(x)", "sqrt(x)", "acos(x)", 3, None, ["relu"]],
)
def test_what_is_no_activation_is_refused(name):
    with pytest.raises(InputError, match="activation"):
        as_activation(name)


def test_close_matches_are_listed():
    with pytest.raises(InputError, match="relu"):
        as_activation("rleu")
    with pytest.raises(InputError, match="softplus"):
        as_activation("soft plu")


def test_formula_not_real_says_where():
    with pytest.raises(InputError, match=r"real on the whole line.*x = -"):
        as_activation("log(x)")


def test_coefficients():
    sigma = Activation.from_coefficients(powers={1: "1/4", 3: 0.5}, tail="0.09")
    assert sigma.powers == ((1, Fraction(1, 4)), (3, 0.5)) and sigma.tail == Fraction(9, 100)
    assert (
        as_activation(sigma) is sigma
        and sigma.parity is None
        and sigma.expression is None
        and sigma.kinks == ()
    )
    with pytest.raises(InputError, match="simulation needs the function"):
        sigma([1.0])


@pytest.mark.parametrize(
    "powers, tail",
    [
        ({1: -1}, 0),
        ({1: "a"}, 0),
        ({-1: 1}, 0),
        ({1.5: 1}, 0),
        ({True: 1}, 0),
        ({}, 0),
        ([1, 2], 0),
        ({1: 1}, -1),
        ({1: float("inf")}, 0),
    ],
)
def test_bad_coefficients(powers, tail):
    with pytest.raises(InputError):
        Activation.from_coefficients(powers=powers, tail=tail)

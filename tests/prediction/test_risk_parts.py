"""Parts of a risk: a dictionary, printed with names and numbers aligned."""

import json
import pickle

import numpy as np

import asymptotics as asy

MODEL = asy.RandomFeaturesRidge("relu", target={1: 1}, noise="0.1")


def test_parts_at_one_point_print_a_line_each():
    found = asy.predict(MODEL, asy.Proportional(2, 3), ridge=0.1).parts
    lines = repr(found).splitlines()
    assert len(lines) == 7 and len({line.index("=") for line in lines[1:]}) == 1
    assert f"              bias2 = {found['bias2']:.15g}" in lines
    digits = asy.predict(MODEL, asy.Proportional(2, 3), ridge="0.1", digits=30).parts
    assert str(digits["bias2"]) in repr(digits)


def test_parts_of_grids_print_a_table_or_their_span():
    for count, lines in ((3, 4), (41, 7)):
        risk = asy.predict(MODEL, asy.Proportional(np.linspace(0.5, 2, count), 3), ridge=0.1)
        assert len(str(risk.parts).splitlines()) == lines
    assert "Parts of shape (41,)" in str(risk.parts) and len(str(risk[1].parts).splitlines()) == 6
    assert str(risk[:0].parts)


def test_parts_are_a_mapping():
    found = asy.predict(MODEL, asy.Proportional(2, 3), ridge=0.1).parts
    plain = dict(found)
    assert found == plain and isinstance(found, dict) and {**found} == plain
    assert json.loads(json.dumps(found)) == plain and pickle.loads(pickle.dumps(found)) == found

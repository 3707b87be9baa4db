"""How amounts grow with the input."""

from itertools import accumulate, pairwise
from math import expm1
from random import Random

import pytest

from streamtools.launch.planning.growth import extrapolate

LINES = [(1e6, 5e5), (4e6, 2e6), (16e6, 8e6)]
ROOTS = [(1e4, 100.0), (1e6, 1000.0), (1e8, 10000.0)]
FALLING = [(1.0, 1.0), (4.0, 3.0), (16.0, 6.0)]  # exponents 0.79 and 0.5


@pytest.mark.parametrize(
    ("points", "size", "amount"),
    [
        pytest.param(LINES, 1e9, 5e8, id="each byte leaves as much"),
        pytest.param(LINES, 8e6, 4e6, id="less than the sample"),
        pytest.param(LINES[-1:], 1e9, 5e8, id="a single sample"),
        pytest.param(LINES[-1:] * 2, 1e9, 5e8, id="two samples of one size"),
        pytest.param(ROOTS, 1e10, 1e5, id="a power stays one"),
        pytest.param([(1e3, 7.0), (1e6, 7.0)], 1e9, 7.0, id="what is always the same"),
        pytest.param([(1e3, 9.0), (1e6, 7.0)], 1e9, 7.0, id="what shrinks is taken to stay"),
        pytest.param([(1e3, 1.0), (1e4, 1e3)], 1e5, 1e4, id="nothing grows faster than the input for long"),
        pytest.param([(1e3, 0.0), (1e6, 0.0)], 1e9, 0.0, id="nothing"),
        pytest.param([(1e3, 0.0), (1e6, 10.0)], 1e9, 1e4, id="nothing at first"),
    ],
)
def test_amounts(points, size, amount):
    assert extrapolate(points, size) == pytest.approx(amount)


def test_growth_that_slows_down_slows_down_further():
    amounts = [extrapolate(FALLING, 4.0**power) for power in range(2, 12)]
    ratios = [after / before for before, after in pairwise(amounts)]
    assert amounts[0] == pytest.approx(6.0)
    assert ratios[0] < 2 and all(after < before + 1e-9 for before, after in pairwise(ratios)) and ratios[-1] < 1.01


@pytest.mark.parametrize("first", [0.001, 0.01, 0.1, 1])
@pytest.mark.parametrize("factor", [1, 16, 1000])
def test_equally_frequent_keys(first, factor):
    """As many different keys as are expected among so many draws."""
    points = [(size, -expm1(-size)) for size in (first, 4 * first, 16 * first)]
    size = 16 * factor * first
    assert extrapolate(points, size) == pytest.approx(-expm1(-size), rel=0.05)


@pytest.mark.parametrize("exponent", [0.0, 0.7, 1.0, 1.2])
def test_keys_that_are_drawn(exponent):
    """A sixteenth of the input tells the number of different keys in all of it, equally frequent or by Zipf's law."""
    weights = list(accumulate((number + 1) ** -exponent for number in range(20_000)))
    keys = Random(1).choices(range(20_000), cum_weights=weights, k=160_000)
    points = [(size, len(set(keys[:size]))) for size in (625, 2_500, 10_000)]
    assert extrapolate(points, len(keys)) == pytest.approx(len(set(keys)), rel=0.3)

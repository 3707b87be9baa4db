"""How amounts grow with the input they are made of.

Where keys come again, an amount grows less than the input, and less and less. It is taken to grow like
1 - exp(-x**power), with x in proportion to the input: exactly so, with power 1, where all keys are equally frequent; a
smaller power stands for keys of which some are much more frequent than others.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import exp, expm1, log
from typing import NamedTuple

ROUNDS = 60  # of halving an interval; more change nothing in a float
LEAST, MOST = -60.0, 8.0  # logarithms of x**power: between a growth that never slows down, and one that has ended


class Step(NamedTuple):
    """From one sample to the next: logarithms of how many times larger the input is, and the amount."""

    size: float
    amount: float

    @property
    def exponent(self) -> float:
        """How the amount grows: 0 not at all, 1 like the input."""
        return self.amount / self.size


def extrapolate(points: Sequence[tuple[float, float]], size: float) -> float:
    """Return an amount for an input of `size`, from the (size, amount) of samples in rising order.

    The last three of them show how the growth slows down.
    """
    last_size, last = points[-1]
    if last <= 0 or size <= 0:
        return 0.0
    steps = _steps(points[-3:])
    if not steps:
        return last * size / last_size
    *before, step = steps
    ahead = log(size / last_size)
    if ahead <= 0 or step.exponent <= 0 or not before or before[0].exponent <= step.exponent:
        return last * exp(step.exponent * ahead)
    power = _find_power(before[0], step)
    begin = _find_place(step, power) + power * step.size
    return last * exp(_log_amount(begin + power * ahead) - _log_amount(begin))


def _steps(points: Sequence[tuple[float, float]]) -> list[Step]:
    """Return the steps between samples. Nothing is taken to shrink, or to grow faster than the input."""
    found = []
    for (size, amount), (next_size, next_amount) in pairwise(points):
        if amount > 0 and next_amount > 0 and next_size > size:
            step = log(next_size / size)
            found.append(Step(step, min(max(log(next_amount / amount), 0.0), step)))
    return found


def _find_power(before: Step, step: Step) -> float:
    """Return the power, at most 1, of the curve on which both steps lie."""

    def too_small(power: float) -> bool:
        place = _find_place(step, power)
        return _log_amount(place) - _log_amount(place - power * before.size) < before.amount

    return 1.0 if too_small(1.0) else _bisect(too_small, step.exponent, 1.0)


def _find_place(step: Step, power: float) -> float:
    """Return the logarithm of x**power at which a step begins on the curve of a power."""
    return _bisect(lambda at: _log_amount(at + power * step.size) - _log_amount(at) > step.amount, LEAST, MOST)


def _log_amount(place: float) -> float:
    return log(-expm1(-exp(min(place, MOST))))


def _bisect(is_below: Callable[[float], bool], low: float, high: float) -> float:
    """Return where `is_below` turns from true to false."""
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        if is_below(middle):
            low = middle
        else:
            high = middle
    return low

"""How amounts grow with the input they are made of.

Where keys come again, an amount grows less than the input, and less and less. Two curves are laid through what samples
show. Both are exact where all keys are equally frequent. Where some are much more frequent than others, one ends too
early and the other too late, by about the same factor, so that the truth is near the mean of their logarithms.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import exp, expm1, log, log1p
from typing import NamedTuple

ROUNDS = 60  # of halving an interval; more change nothing in a float
PLACES = -100.0, 100.0  # logarithms of the input between which a curve is looked at
ENDED = 8.0  # logarithm of an exponent from which on a curve has ended, as exp(-exp(8)) is 0

# From the logarithm of the input, in a unit that is found too, and a shape to the logarithm of the amount.
Curve = Callable[[float, float], float]


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
    growths = [
        _grow(_ends_early, (step.exponent, 1.0), (before[0], step), ahead),
        _grow(_ends_late, (step.exponent, -50.0), (before[0], step), ahead),
    ]
    return last * exp(sum(growths) / len(growths))


def _steps(points: Sequence[tuple[float, float]]) -> list[Step]:
    """Return the steps between samples. Nothing is taken to shrink, or to grow faster than the input."""
    found = []
    for (size, amount), (next_size, next_amount) in pairwise(points):
        if amount > 0 and next_amount > 0 and next_size > size:
            step = log(next_size / size)
            found.append(Step(step, min(max(log(next_amount / amount), 0.0), step)))
    return found


def _ends_early(size: float, power: float) -> float:
    """Return the logarithm of 1 - exp(-x**power)."""
    return log(-expm1(-exp(min(power * size, ENDED))))


def _ends_late(size: float, power: float) -> float:
    """Return the logarithm of ((1 + x)**power - 1) / power, which ends only if the power is below 0."""
    x = log1p(exp(size))
    return log(expm1(power * x) / power) if abs(power * x) > 1e-9 else log(x)


def _grow(curve: Curve, shapes: tuple[float, float], steps: tuple[Step, Step], ahead: float) -> float:
    """Return the logarithm of how many times an amount grows after two steps, if all lie on a curve.

    shapes: from the straightest to the most bent. ahead: logarithm of how many times the input grows.
    """
    before, step = steps

    def place(shape: float) -> float:
        """Return where the second step begins on a curve of this shape."""
        return _bisect(lambda at: curve(at + step.size, shape) - curve(at, shape) > step.amount, *PLACES)

    def too_straight(shape: float) -> bool:
        at = place(shape)
        return curve(at, shape) - curve(at - before.size, shape) < before.amount

    shape = _bisect(too_straight, *shapes)
    begin = place(shape) + step.size
    return curve(begin + ahead, shape) - curve(begin, shape)


def _bisect(is_before: Callable[[float], bool], begin: float, end: float) -> float:
    """Return where `is_before` turns from true to false between two numbers."""
    for _ in range(ROUNDS):
        middle = (begin + end) / 2
        if is_before(middle):
            begin = middle
        else:
            end = middle
    return begin

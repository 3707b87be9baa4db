"""How amounts grow with the input they are made of."""

from collections.abc import Sequence
from itertools import pairwise
from math import exp, log

STEADY = 1e-9  # a fall of the exponent below this is none


def extrapolate(points: Sequence[tuple[float, float]], size: float) -> float:
    """Return an amount for an input of `size`, from the (size, amount) of samples in rising order.

    Where keys come again, amounts grow less than the input, and less and less: the exponent of the growth falls on as
    it fell between the last three samples.
    """
    last_size, last = points[-1]
    if last <= 0 or size <= 0:
        return 0.0
    slopes = _slopes(points[-3:])
    if not slopes:
        return last * size / last_size
    middle, slope = slopes[-1]
    fall = 0.0
    if len(slopes) > 1 and 0 < slope < slopes[0][1]:
        fall = log(slopes[0][1] / slope) / (middle - slopes[0][0])
    begin, end = log(last_size) - middle, log(size) - middle
    if end <= begin or fall < STEADY:
        return last * exp(slope * (end - begin))
    return last * exp(slope * (exp(-fall * begin) - exp(-fall * end)) / fall)


def _slopes(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return, between each two samples, the logarithm of the size in their middle and the exponent of the growth."""
    found = []
    for (size, amount), (next_size, next_amount) in pairwise(points):
        if amount > 0 and next_amount > 0 and next_size > size:
            exponent = log(next_amount / amount) / log(next_size / size)
            found.append(((log(size) + log(next_size)) / 2, min(max(exponent, 0.0), 1.0)))
    return found

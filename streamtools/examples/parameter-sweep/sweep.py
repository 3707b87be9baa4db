"""Train a small neural network for each line of settings, and keep the best: one map task for each line.

A line is: units of the hidden layer, TAB, learning rate. The network learns XOR, by gradient descent, in plain Python.
"""

import random
from math import exp

from streamtools import Job

job = Job(line=(int, float), key=str, value=(float, int, float))
XOR = [((0, 0), 0), ((0, 1), 1), ((1, 0), 1), ((1, 1), 0)]


def sigmoid(x):
    return 1 / (1 + exp(-x))


def train(units, rate, epochs=2000):
    """Return the mean squared error of the network after its training."""
    draw = random.Random(1).uniform  # the same start for the same settings, also when a task is tried again
    hidden = [[draw(-1, 1) for _ in range(3)] for _ in range(units)]  # weights of both inputs, and the bias
    output = [draw(-1, 1) for _ in range(units + 1)]
    for epoch in range(epochs):
        error = 0.0
        for (a, b), wanted in XOR:
            signals = [sigmoid(x * a + y * b + bias) for x, y, bias in hidden] + [1.0]
            found = sigmoid(sum(weight * signal for weight, signal in zip(output, signals)))
            error += (found - wanted) ** 2 / len(XOR)
            slope = rate * (found - wanted) * found * (1 - found)
            for unit, weights in enumerate(hidden):
                change = slope * output[unit] * signals[unit] * (1 - signals[unit])
                for number, value in enumerate((a, b, 1)):
                    weights[number] -= change * value
            output = [weight - slope * signal for weight, signal in zip(output, signals)]
        if epoch % 500 == 0:
            job.status(f"epoch {epoch}: error {error:.3f}")
    return error


@job.map
def trial(units, rate):
    yield "best", (round(train(units, rate), 5), units, rate)


@job.reduce(combine=True)
def best(name, trials):
    yield name, min(trials)


if __name__ == "__main__":
    job.main()

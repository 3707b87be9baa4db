"""Expectation maximisation: two coins, sessions of tosses with one of them, and no note of which one it was.

A line is a session: heads, TAB, tails. Each round shares the tosses between the coins by how likely each coin is to
have made them, and then takes from its share how often each coin shows heads.
"""

from streamtools import Job, repeat, step, steps

guess = Job(value=float)
learn = Job(line=(int, int), value=(float, float), out=(str, float))
show = Job(line=(str, float))


def read_coins():
    with open("coins/part-00000") as file:
        return {line.split()[0]: float(line.split()[1]) for line in file}


@guess.map
def first_guess(session):
    yield from [("A", 0.6), ("B", 0.5)]


@guess.reduce(combine=True)
def once(coin, guesses):
    yield coin, next(guesses)


@learn.map_task
def share(sessions):
    coins = read_coins()
    for heads, tails in sessions:
        likely = {coin: p**heads * (1 - p) ** tails for coin, p in coins.items()}
        for coin, weight in likely.items():
            part = weight / sum(likely.values())
            yield coin, (part * heads, part * tails)


@learn.reduce
def estimate(coin, shares):
    heads, tails = map(sum, zip(*shares))
    new = heads / (heads + tails)
    learn.count("coins", "changed", int(abs(new - read_coins()[coin]) > 0.002))
    yield coin, new


@show.map
def rounded(coin, p):
    yield coin, f"{p:.2f}"


@show.reduce
def in_order(coin, values):
    yield coin, next(values)


again = repeat(
    step(learn, inputs=["-input"], files={"coins": guess}),
    until=lambda counters, n: counters["coins", "changed"] == 0,
    most=50,
    replaces=guess,
)
flow = steps(guess, again, show)

if __name__ == "__main__":
    flow.main()

"""Percentiles of each shop's sales: first count equal values, then walk through the counts in order."""

from streamtools import Job, steps

count = Job(line=(str, str, int), key=(str, int), value=int, reduces=2)
pick = Job(line=(str, int, int), key=(str, int), value=int, group=1, out=(str, (int, int)))


@count.map
def amounts(day, shop, amount):
    yield (shop, amount), 1


@count.reduce(combine=True)
def total(amount, counts):
    yield amount, sum(counts)


@pick.map
def by_shop(shop, amount, times):
    yield (shop, amount), times


@pick.reduce
def percentiles(shop, rows):
    rows = list(rows)  # (amount, times), by amount
    sales = sum(times for _, times in rows)
    for percent in (50, 90):
        left = percent * sales
        for amount, times in rows:
            left -= 100 * times
            if left <= 0:  # the least amount that so many percent do not exceed
                yield shop, (percent, amount)
                break


flow = steps(count, pick)

if __name__ == "__main__":
    flow.main()

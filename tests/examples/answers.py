"""What each example has to print, in plain Python: a function for each, from its folder to its lines.

Nothing of streamtools is used here, and the data are read as a whole.
"""

import math
import random
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from itertools import combinations, pairwise, product
from pathlib import Path
from statistics import mean as average
from statistics import pvariance


def rows(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text().split("\n")[:-1]]


def lines_of(found: Iterable[Sequence[object]]) -> list[str]:
    return ["\t".join(map(str, row)) for row in found]


def count_words(*paths: Path) -> list[str]:
    return lines_of(sorted(Counter(word for path in paths for word in path.read_text().split()).items()))


def values_by(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found = defaultdict(list)
    for key, value in sorted(pairs):
        found[key].append(value)
    return dict(found)


def word_count(folder: Path) -> list[str]:
    return ["be\t2", "not\t1", "or\t1", "to\t2"]


mini_mapreduce = in_mapper_combining = word_count


def pool_of_processes(folder: Path) -> list[str]:
    return count_words(folder / "first.txt", folder / "second.txt")


def arguments(folder: Path) -> list[str]:
    return [line for line in count_words(folder / "boat.txt") if len(line.split("\t")[0]) >= 6]


# Counting and summing


def unique_users(folder: Path) -> list[str]:
    return lines_of(sorted(Counter(row[1] for row in rows(folder / "visits.tsv")).items()))


def sales_of(folder: Path) -> dict[str, list[Fraction]]:
    found = values_by((row[1], row[2]) for row in rows(folder / "sales.tsv"))
    return {shop: list(map(Fraction, values)) for shop, values in found.items()}


def exact(number: Fraction, power: float = 1) -> str:
    """Return a fraction, or its square root, with 17 digits."""
    wide = Context(prec=40)
    found = wide.divide(Decimal(number.numerator), Decimal(number.denominator))
    text = format(Context(prec=17).plus(wide.power(found, Decimal(power))), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def group_by(folder: Path) -> list[str]:
    return lines_of(
        (shop, len(found), sum(found), min(found), max(found), exact(average(found)), exact(pvariance(found), 0.5))
        for shop, found in sales_of(folder).items()
    )


def mean(folder: Path) -> list[str]:
    return lines_of((shop, exact(average(found))) for shop, found in sales_of(folder).items())


def distinct(folder: Path) -> list[str]:
    return sorted({row[1] for row in rows(folder / "visits.tsv")})


def users_per_site(folder: Path) -> list[str]:
    found = values_by((row[2], row[1]) for row in rows(folder / "visits.tsv"))
    return lines_of((site, len(set(users))) for site, users in found.items())


users_per_site_in_two_steps = users_per_site


def top_n(folder: Path) -> list[str]:
    return lines_of(Counter(sorted(row[1] for row in rows(folder / "visits.tsv"))).most_common(2))


def histogram(folder: Path) -> list[str]:
    return lines_of(
        (shop, start, count)
        for shop, found in sales_of(folder).items()
        for start, count in sorted(Counter(amount // 10 * 10 for amount in found).items())
    )


def percentiles(folder: Path) -> list[str]:
    """The nearest-rank method: the value at the place n * p / 100, rounded up."""
    return lines_of(
        (shop, percent, sorted(found)[math.ceil(len(found) * percent / 100) - 1])
        for shop, found in sales_of(folder).items()
        for percent in (50, 90)
    )


# Filtering and collecting


def validate(folder: Path) -> list[str]:
    found = rows(folder / "visits.tsv")
    return lines_of(row for row in found if len(row) == 4 and row[1] and row[3].isdigit())


def selection(folder: Path) -> list[str]:
    return lines_of(row for row in rows(folder / "visits.tsv") if row[2] == "news")


def projection(folder: Path) -> list[str]:
    return lines_of(sorted({(row[2], row[1]) for row in rows(folder / "visits.tsv")}))


def sample(folder: Path) -> list[str]:
    return lines_of(
        row for row in rows(folder / "visits.tsv") if zlib.crc32(row[1].encode()) * 2654435761 % 2**32 < 2**31
    )


def collate(folder: Path) -> list[str]:
    words = (folder / "words.txt").read_text().split()
    found = values_by(("".join(sorted(word)), word) for word in words)
    return lines_of((letters, " ".join(group)) for letters, group in sorted(found.items()) if len(group) > 1)


def inverted_index(folder: Path) -> list[str]:
    places = {(word, path.name) for path in (folder / "books").iterdir() for word in path.read_text().split()}
    return lines_of((word, " ".join(names)) for word, names in values_by(places).items())


def compressed_index(folder: Path) -> list[str]:
    found: dict[str, list[int]] = {}
    for number, text in rows(folder / "documents.tsv"):
        for word in set(text.split()):
            found.setdefault(word, [0]).append(int(number))
    gaps = {word: [b - a for a, b in pairwise(numbers)] for word, numbers in found.items()}
    return lines_of((word, " ".join(map(str, gaps[word]))) for word in sorted(gaps))


# Sets and joins


def days(folder: Path) -> tuple[set[str], set[str]]:
    return set((folder / "monday.txt").read_text().split()), set((folder / "tuesday.txt").read_text().split())


def union(folder: Path) -> list[str]:
    return sorted(set.union(*days(folder)))


def intersection(folder: Path) -> list[str]:
    return lines_of((user, 2) for user in sorted(set.intersection(*days(folder))))


def difference(folder: Path) -> list[str]:
    return lines_of((user, 1) for user in sorted(set.difference(*days(folder))))


def repartition_join(folder: Path) -> list[str]:
    """All sites, also those without a visit; the visits of a site in any order."""
    sites, visits = rows(folder / "sites.tsv"), rows(folder / "visits.tsv")
    joined = [(site, name, row[0], row[1], row[3]) for site, name in sites for row in visits if row[2] == site]
    seen = {row[2] for row in visits}
    return lines_of(sorted([*joined, *((site, name) for site, name in sites if site not in seen)]))


def replicated_join(folder: Path) -> list[str]:
    names = dict(rows(folder / "sites.tsv"))
    return lines_of((row[0], row[1], names.get(row[2], row[2])) for row in rows(folder / "visits.tsv"))


def one_to_one_join(folder: Path) -> list[str]:
    mail, phone = dict(rows(folder / "mail.tsv")), dict(rows(folder / "phone.tsv"))
    return lines_of((user, mail[user], phone[user]) for user in sorted(mail.keys() & phone.keys()))


def one_to_many_join(folder: Path) -> list[str]:
    towns = dict(rows(folder / "users.tsv"))
    return lines_of((user, towns.get(user, "unknown"), item) for user, item in sorted(rows(folder / "orders.tsv")))


def many_to_many_join(folder: Path) -> list[str]:
    both = product(rows(folder / "players.tsv"), rows(folder / "evenings.tsv"))
    return lines_of(sorted((game, user, day) for (user, game), (other, day) in both if game == other))


def merge_join(folder: Path) -> list[str]:
    towns = dict(row for path in (folder / "towns").iterdir() for row in rows(path))
    orders = [row for path in (folder / "orders").iterdir() for row in rows(path)]
    return lines_of(sorted((user, towns[user], item) for user, item in orders if user in towns))


# Pairs of words


def count_pairs(folder: Path) -> dict[tuple[str, str], int]:
    sessions = [set(line.split()) for line in (folder / "sessions.txt").read_text().split("\n")]
    sites = sorted(set.union(*sessions))
    counts = {pair: sum(set(pair) <= session for session in sessions) for pair in combinations(sites, 2)}
    return {pair: count for pair, count in counts.items() if count}


def pairs(folder: Path) -> list[str]:
    return lines_of((*pair, count) for pair, count in count_pairs(folder).items())


def stripes(folder: Path) -> list[str]:
    found: dict[str, list[str]] = {}
    for (site, other), count in count_pairs(folder).items():
        found.setdefault(site, []).append(f'"{other}":{count}')
    return lines_of((site, f"{{{','.join(partners)}}}") for site, partners in found.items())


def relative_frequency(folder: Path) -> list[str]:
    texts = [line.split() for line in (folder / "text.txt").read_text().split("\n")]
    found = Counter(pair for words in texts for pair in pairwise(words))
    whole = Counter(word for words in texts for word in words[:-1])
    return lines_of((*pair, round(count / whole[pair[0]], 3)) for pair, count in sorted(found.items()))


# Order and time


def visits_of(folder: Path) -> dict[str, list[tuple[int, str]]]:
    found: dict[str, list[tuple[int, str]]] = {}
    for _, user, site, seconds in sorted(rows(folder / "visits.tsv"), key=lambda row: int(row[3])):
        found.setdefault(user, []).append((int(seconds), site))
    return dict(sorted(found.items()))


def user_path(folder: Path) -> list[str]:
    return lines_of((user, " ".join(site for _, site in visits)) for user, visits in visits_of(folder).items())


def sessions(folder: Path) -> list[str]:
    found = []
    for user, visits in visits_of(folder).items():
        times = [seconds for seconds, _ in visits]
        ends = [place for place, time in enumerate(times, 1) if place == len(times) or times[place] - time > 1000]
        starts = [0, *ends[:-1]]
        found += [(user, times[a], times[b - 1], b - a) for a, b in zip(starts, ends, strict=True)]
    return lines_of(found)


def moving_average(folder: Path) -> list[str]:
    series: dict[str, list[tuple[int, float]]] = {}
    for name, day, value in rows(folder / "sales.tsv"):
        series.setdefault(name, []).append((int(day), float(value)))
    found = []
    for name, values in sorted(series.items()):
        ordered = sorted(values)
        for place, (when, _) in enumerate(ordered):
            window = [value for _, value in ordered[max(place - 2, 0) : place + 1]]
            found.append((name, when, round(average(window), 2)))
    return lines_of(found)


def total_sort(folder: Path) -> list[str]:
    return sorted((folder / "fruit.tsv").read_text().split("\n")[:-1])


# Several steps


def most_used_word(folder: Path) -> list[str]:
    counts = Counter((folder / "text.txt").read_text().split())
    return lines_of(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:2])


# Graphs


def pagerank(folder: Path) -> list[str]:
    """The known ranks of this graph."""
    return ["A\t1.49", "B\t0.78", "C\t1.58", "D\t0.15"]


def breadth_first_search(folder: Path) -> list[str]:
    links = {node: targets.split(",") for node, targets in rows(folder / "graph.tsv")}
    distances, front = {"A": 0}, ["A"]
    for node in front:  # it grows meanwhile
        for target in links[node]:
            if target not in distances:
                distances[target] = distances[node] + 1
                front.append(target)
    return lines_of((node, distances.get(node, "?")) for node in sorted(links))


def category_availability(folder: Path) -> list[str]:
    found = {category: (parent, state) for category, parent, state in rows(folder / "categories.tsv")}

    def is_available(category: str) -> bool:
        below = [child for child, (parent, _) in found.items() if parent == category]
        return found[category][1] == "yes" or any(map(is_available, below))

    return lines_of((category, "yes" if is_available(category) else "no") for category in sorted(found))


def pagerank_dangling(folder: Path) -> list[str]:
    """Iterated to the last digit; the sum stays that of the pages."""
    links = {page: targets.split(",") if targets else [] for page, targets in rows(folder / "graph.tsv")}
    ranks = dict.fromkeys(links, 1.0)
    for _ in range(200):
        lost = sum(rank for page, rank in ranks.items() if not links[page])
        got = {page: sum(ranks[other] / len(links[other]) for other in links if page in links[other]) for page in links}
        ranks = {page: 0.15 + 0.85 * (got[page] + lost / len(links)) for page in links}
    assert math.isclose(sum(ranks.values()), len(links))
    return lines_of((page, f"{rank:.2f}") for page, rank in ranks.items())


# Learning


def k_means(folder: Path) -> list[str]:
    """The middles of the two halves into which the points fall."""
    points = [tuple(map(float, row)) for row in rows(folder / "points.tsv")]
    halves = [[point for point in points if sum(point) < 10], [point for point in points if sum(point) > 10]]
    return lines_of((number, *map(average, zip(*half, strict=True))) for number, half in enumerate(halves))


def two_coins(folder: Path) -> list[str]:
    """The known answer for these five sessions, from a first guess of 0.6 and 0.5."""
    return ["A\t0.80", "B\t0.52"]


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def train(units: int, rate: float) -> float:
    """Return the error of a network after 2000 epochs of XOR: backpropagation with one matrix for each layer."""
    draw = random.Random(1)
    first = [[draw.uniform(-1, 1) for _ in range(3)] for _ in range(units)]
    second = [draw.uniform(-1, 1) for _ in range(units + 1)]
    for _ in range(2000):
        errors = []
        for a, b in product((0, 1), (0, 1)):
            inputs = [a, b, 1]
            inner = [logistic(dot(row, inputs)) for row in first] + [1.0]
            outer = logistic(dot(second, inner))
            errors.append((outer - (a != b)) ** 2)
            delta = (outer - (a != b)) * outer * (1 - outer)
            deltas = [delta * weight * x * (1 - x) for weight, x in zip(second, inner[:units], strict=False)]
            second = [weight - rate * delta * x for weight, x in zip(second, inner, strict=True)]
            first = [
                [weight - rate * change * x for weight, x in zip(row, inputs, strict=True)]
                for row, change in zip(first, deltas, strict=True)
            ]
    return average(errors)


def parameter_sweep(folder: Path) -> list[str]:
    settings = [(int(units), float(rate)) for units, rate in rows(folder / "settings.tsv")]
    return lines_of([("best", *min((round(train(*each), 5), *each) for each in settings))])

"""MapReduce over a list, in plain Python: map, group by key, reduce; and the same in parts."""

import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from operator import add


def map_all(function, items):
    with ThreadPoolExecutor() as pool:
        for pairs in pool.map(function, items):
            yield from pairs


def group_by_key(pairs):
    groups = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def reduce_by_key(function, pairs):
    return {key: reduce(function, values) for key, values in group_by_key(pairs).items()}


def reduce_in_parts(function, pairs, parts=2):
    """Reduce each part, then the results: right if the function is associative and commutative, as + is."""
    pairs = list(pairs)
    results = [reduce_by_key(function, pairs[part::parts]) for part in range(parts)]
    return reduce_by_key(function, [pair for result in results for pair in result.items()])


def words(line):
    return [(word, 1) for word in line.split()]


found = reduce_by_key(add, map_all(words, sys.stdin))
for word, count in sorted(found.items()):
    print(word, count, sep="\t")

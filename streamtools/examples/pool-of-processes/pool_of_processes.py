"""Count the words of many files with multiprocessing.Pool: a map over files, a reduce in this process."""

import sys
from collections import Counter
from multiprocessing import Pool


def count_words(path):
    with open(path) as file:
        return Counter(file.read().split())


if __name__ == "__main__":
    with Pool() as pool:
        total = sum(pool.imap_unordered(count_words, sys.argv[1:]), Counter())
    for word, count in sorted(total.items()):
        print(word, count, sep="\t")

"""How to have Python and the C library keep the memory that is freed, when it is soon needed again.

Whoever works on one block of records after the other frees and takes the same memory over and over. Given back to the
system, its pages have to be cleared anew, which takes 2 us each: a fifth of the time of a sort, a seventh of that of a
job. None of this changes what a program does, and with another C library than glibc only `pin_arenas` has an effect.
"""

import gc
from itertools import repeat

ARENA = 1 << 18  # bytes of an arena up to Python 3.9; since 3.10 it has four times as many
SMALL_OBJECT = 512  # bytes of the largest object that Python keeps in arenas
CONTENT = SMALL_OBJECT - 33  # bytes that take so many as an object
LARGEST = 8 << 20  # bytes; blocks of records and what is made of them stay below


def keep_freed_memory(size: int) -> list[bytes]:
    """Prepare this process for work on blocks of records that takes about `size` bytes at a time.

    Return objects to hold on to while the work goes on. The cyclic garbage collector is switched off, as records make
    no cycles.
    """
    gc.disable()
    keep_large_blocks(size)
    return pin_arenas(min(LARGEST, size))


def keep_large_blocks(size: int) -> None:
    """Have glibc take blocks of up to `size` bytes (at most LARGEST) from its heap, which it keeps.

    By default it maps each block of 128 KiB or more anew. When a larger one is freed, its size becomes the threshold.
    """
    bytes(min(LARGEST, size))


def pin_arenas(size: int) -> list[bytes]:
    """Return small objects spread over `size` bytes of Python's memory for objects, to be held while working.

    Python returns an arena to the system when its last object is freed, as happens to all lines of a block at once.
    One object in each arena prevents that.
    """
    objects = list(map(bytes, repeat(CONTENT, size // SMALL_OBJECT)))
    return objects[:: ARENA // SMALL_OBJECT]

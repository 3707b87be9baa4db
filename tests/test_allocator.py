"""Objects that keep Python's memory from being given back."""

import gc
import sys

from streamtools.allocator import ARENA, LARGEST, SMALL_OBJECT, keep_freed_memory, pin_arenas


def test_one_small_object_for_each_arena():
    pins = pin_arenas(10 * ARENA)
    assert len(pins) == 10 and {sys.getsizeof(pin) for pin in pins} == {SMALL_OBJECT}
    assert len({id(pin) for pin in pins}) == 10
    assert pin_arenas(0) == []


def test_a_process_is_prepared_for_blocks_of_records():
    enabled = gc.isenabled()
    try:
        assert len(keep_freed_memory(3 * ARENA)) == 3 and not gc.isenabled()
        assert len(keep_freed_memory(1 << 40)) == LARGEST // ARENA
    finally:
        if enabled:
            gc.enable()

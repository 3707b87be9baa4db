"""A stage in this process that hangs: streamtools.local.stages.patience."""

import signal
import time
from contextlib import suppress

import pytest

from streamtools.local.stages import patience
from streamtools.local.stages.patience import Patience
from streamtools.reporter import Reporter
from streamtools.stage import Overdue


def hang(blocks):
    """Read a block, then hang, whatever exception comes."""
    for block in blocks:
        yield block
        while True:
            with suppress(Exception):
                signal.pause()


@pytest.fixture
def timers():
    """Check that handler and timer are afterwards what they were before."""
    before = signal.getsignal(signal.SIGALRM)
    signal.signal(signal.SIGALRM, mine := lambda *_: None)
    timer = signal.setitimer(signal.ITIMER_REAL, 1000, 7)
    yield
    left, interval = signal.setitimer(signal.ITIMER_REAL, *timer)
    assert signal.getsignal(signal.SIGALRM) is mine and left > 500 and interval == 7
    signal.signal(signal.SIGALRM, before)


def test_a_stage_that_hangs_is_interrupted(timers):
    waits = Patience(0.05)
    got = waits.watch(hang(waits.feed([b"a\n"])), Reporter())
    assert next(got) == b"a\n"
    with pytest.raises(Overdue, match=r"no sign of life for 0.05 seconds"):
        next(got)


def test_a_stage_within_another_has_its_own_time(timers):
    """A combiner runs while the mapper waits."""
    waits = Patience(0.05)
    outer = waits.watch(iter([b"a\n", b"b\n"]), Reporter())
    assert next(outer) == b"a\n"
    with pytest.raises(Overdue):
        list(waits.watch(hang(waits.feed([b"a\n"])), Reporter()))
    assert list(outer) == [b"b\n"]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    """Let the time go by as tests say, and no signal come by itself."""
    clock = Clock()
    monkeypatch.setattr(patience, "time", clock)
    monkeypatch.setattr(signal, "setitimer", lambda *_: (0.0, 0.0))
    return clock


def pass_time(waits: Patience, clock: Clock, seconds: float) -> None:
    for _ in range(4):
        clock.now += seconds / 4
        waits._check(signal.SIGALRM, None)


@pytest.mark.parametrize(
    "sign", ["input", "output", "stderr", "record", "input that waits", "output that waits", "none"]
)
def test_signs_of_life(clock, sign):
    waits, reporter = Patience(10), Reporter()
    reporter.moved = lambda: clock.now // 8 if sign == "record" else 0

    def source():
        for block in (b"a\n", b"b\n"):
            if sign == "input that waits":
                pass_time(waits, clock, 1000)
            yield block

    def stage():
        for block in waits.feed(source()):
            for _ in range(4):
                pass_time(waits, clock, 8)
                if sign == "output":
                    yield block
                elif sign == "stderr":
                    waits.listen()
                elif sign != "record" and sign != "none":
                    break
        yield b"end\n"

    def run():
        for _ in waits.watch(stage(), reporter):
            if sign == "output that waits":
                pass_time(waits, clock, 1000)

    if sign == "none":
        with pytest.raises(Overdue):
            run()
    else:
        run()


def test_no_time_is_for_ever(clock):
    waits = Patience(0)
    got = waits.watch(waits.feed([b"a\n"]), Reporter())
    assert next(got) == b"a\n" and signal.getsignal(signal.SIGALRM) != waits._check
    assert time.monotonic() and list(got) == []

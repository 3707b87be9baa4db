"""The workers of a sort: results in order, whatever the worker, and errors that come through."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from streamtools.errors import TransferError
from streamtools.sort import processes
from streamtools.sort.processes import InlineWorkers, SortWorkers, WorkItem


def work(block: bytes, request: tuple[str, bytes | None]) -> Iterator[tuple[bytes, bytes | None]]:
    """Give the block as many times as the request says, each time with the process that did it as its value."""
    task, _ = request
    if task == "fail":
        raise ValueError(block.decode())
    if task == "fail without a word":
        raise ValueError
    if task == "memory":
        raise MemoryError
    for _ in range(int(task)):
        yield block, b"%d" % os.getpid()


@pytest.fixture
def workers() -> Iterator[SortWorkers]:
    pool = SortWorkers(work, 2, 10)
    yield pool
    pool.close()


def test_results_come_in_the_order_of_the_items(workers):
    items = [WorkItem([b"%d" % number, b"-"], (str(number % 4), None)) for number in range(40)]
    expected = [b"%d-" % number for number in range(40) for _ in range(number % 4)]
    assert [block for block, _ in workers.map(items)] == expected
    assert [block for block, _ in InlineWorkers(work).map(items)] == expected


def test_items_are_spread_over_the_workers(workers):
    assert workers.size == 2
    results = list(workers.map(WorkItem([b"x"], ("1", None)) for _ in range(8)))
    done_by = [value for _, value in results]
    assert len(set(done_by)) == 2 and b"%d" % os.getpid() not in done_by
    assert done_by[::2] == [done_by[0]] * 4 and done_by[1::2] == [done_by[1]] * 4


def test_at_most_two_items_wait_for_a_worker(workers):
    """So that what is read ahead is bounded: the fifth item is asked for when the first one is done."""
    asked = []

    def items() -> Iterator[WorkItem]:
        for number in range(9):
            asked.append(number)
            yield WorkItem([b"%d" % number], ("1", None))

    results = workers.map(items())
    assert next(results)[0] == b"0" and asked == [0, 1, 2, 3, 4]


def test_what_fits_in_no_slot_or_needs_no_work_is_done_here(workers):
    here = b"%d" % os.getpid()
    assert list(workers.map([WorkItem([b"x" * 5, b"x" * 6], ("1", None))])) == [(b"x" * 11, here)]
    assert next(iter(workers.map([WorkItem([b"x" * 10], ("1", None))])))[1] != here
    assert list(workers.map([WorkItem([b"a", b"b"], None)])) == [(b"a", None), (b"b", None)]


def test_results_may_be_longer_than_an_item_by_a_value_and_a_count():
    pool = SortWorkers(lambda block, _: iter([(block + b"x" * 128, None)]), 1, 10)
    assert list(pool.map([WorkItem([b"y" * 10], ("", None))])) == [(b"y" * 10 + b"x" * 128, None)]
    pool.close()


@pytest.mark.parametrize(
    ("task", "error", "text"),
    [
        ("fail", TransferError, "a worker process failed: ValueError: why"),
        ("fail without a word", TransferError, "a worker process failed: ValueError$"),
        ("memory", MemoryError, None),
    ],
)
def test_errors_come_through(workers, task, error, text):
    with pytest.raises(error, match=text):
        list(workers.map([WorkItem([b"why"], (task, None))]))


@pytest.mark.parametrize(
    ("end", "text"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "a worker process was killed by signal 9; if memory ran out, "),
        (lambda: os._exit(3), "a worker process ended with status 3$"),
    ],
)
def test_a_worker_that_dies(end, text):
    def die(block: bytes, request: object) -> Iterator[tuple[bytes, None]]:
        end()
        yield block, None

    pool = SortWorkers(die, 1, 10)
    with pytest.raises(TransferError, match=text):
        list(pool.map([WorkItem([b"x"], ("", None))] * 9))
    pool.close()


def test_workers_and_descriptors_go_at_the_end():
    before = set(os.listdir("/proc/self/fd"))
    pool = SortWorkers(work, 3, 10)
    pids = [worker._pid for worker in pool._workers]
    pool.close()
    pool.close()
    assert set(os.listdir("/proc/self/fd")) == before
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_workers_end_with_their_parent():
    """Each inherits the pipes of the elder ones, and must not hold them open."""
    reader, writer = os.pipe()
    parent = os.fork()
    if not parent:
        pool = SortWorkers(work, 3, 10)
        os.write(writer, b" ".join(b"%d" % worker._pid for worker in pool._workers))
        os._exit(0)
    os.waitpid(parent, 0)
    pids = os.read(reader, 100).split()
    assert len(pids) == 3
    os.close(reader)
    os.close(writer)
    deadline = time.monotonic() + 20
    while any(is_running(pid.decode()) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_running(pid: str) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_workers_take_no_interrupts_of_the_terminal():
    """The parent ends them; of SIGTERM they die as they would without us, unless it came ignored."""
    pool = SortWorkers(work, 1, 10)
    (worker,) = pool._workers
    list(pool.map([WorkItem([b"x"], ("1", None))]))
    assert signals_of(worker._pid, "SigIgn") & 1 << signal.SIGINT - 1
    assert not signals_of(worker._pid, "SigCgt") & 1 << signal.SIGTERM - 1
    assert not signals_of(worker._pid, "SigBlk") & 1 << signal.SIGTERM - 1
    assert not signals_of(os.getpid(), "SigBlk") & 1 << signal.SIGTERM - 1
    pool.close()


def signals_of(pid: int, kind: str) -> int:
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1], 16) for line in file if line.startswith(kind))


def test_no_workers_can_be_started(monkeypatch):
    def fail() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fail)
    with pytest.raises(TransferError, match="cannot start 2 worker processes: resource temporarily unavailable; use"):
        SortWorkers(work, 2, 10)


def test_a_message_is_one_write_of_one_size():
    reader, writer = os.pipe()
    processes._write(writer, (1, "x" * 200, True))
    processes._write(writer, None)
    assert processes._read(reader) == (1, "x" * 200, True) and processes._read(reader) is None
    os.close(writer)
    with pytest.raises(EOFError):
        processes._read(reader)
    os.close(reader)

"""Runs and merges: where runs are kept, which are merged when, and what a round of a merge takes."""

import errno
import os
import sys

import pytest

from streamtools.errors import CannotCreateError, DataError, TransferError, UnavailableError, UsageError
from streamtools.sort import external as external_module
from streamtools.sort import runs as runs_module
from streamtools.sort.external import external_sort, gather, merge_sorted
from streamtools.sort.merging import Cursor, merge, rounds
from streamtools.sort.order import Order
from streamtools.sort.processes import InlineWorkers
from streamtools.sort.requests import MERGE, WRITE, SortWork
from streamtools.sort.resources import LineMemory, MemoryShares, SortOptions, SortProgress
from streamtools.sort.run_list import RunList, common_value_of
from streamtools.sort.run_merging import RunMerger
from streamtools.sort.runs import FileRun, MemoryRun, OutOfDescriptors, RunFiles, StreamRun, check_directories

ONE = b"\t1\n"
SHARES = MemoryShares(1 << 20, 1 << 20, 1 << 18, 10)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def children() -> list[str]:
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        return file.read().split()


@pytest.fixture(autouse=True)
def no_descriptor_is_left():
    before = descriptors()
    yield
    assert descriptors() == before


class TestRuns:
    @pytest.mark.parametrize("codec", [None, "zst", "lz4"])
    def test_a_run_in_a_file(self, tmp_path, codec):
        files = RunFiles([str(tmp_path)], codec)
        run = files.new_run(ONE, 3)
        run.write(b"a\nb\n")
        run.write(b"cc\n" * 20_000)
        assert (run.value, run.level, run.size, run.first) == (ONE, 3, 60_004, b"a")
        assert list(tmp_path.iterdir()) == []
        blocks = list(run.blocks(100))
        assert b"".join(blocks) == b"a\nb\n" + b"cc\n" * 20_000
        assert all(block.endswith(b"\n") for block in blocks)
        assert len(blocks) == (len(blocks) if codec is None else 1 + -(-60_000 // (1 << 15)))
        assert codec or max(map(len, blocks)) <= 103
        with pytest.raises(OSError):
            list(run.blocks(100))  # gone
        files.close()

    def test_runs_go_to_each_directory_in_turn(self, tmp_path):
        places = [tmp_path / "a", tmp_path / "b"]
        for place in places:
            place.mkdir()
        files = RunFiles([str(place) for place in places])
        runs = [files.new_run(None, 0) for _ in range(3)]
        found = [os.readlink(f"/proc/self/fd/{run._descriptor}").split("/")[-2] for run in runs]
        assert found == ["a", "b", "a"]
        for run in runs:
            run.close()
            run.close()
        files.close()

    def test_a_run_in_memory(self):
        run = MemoryRun(b"a\nb\nc\n", ONE)
        assert (run.value, run.level, run.size, run.first) == (ONE, 0, 6, b"a")
        assert list(run.blocks(3)) == [b"a\nb\n", b"c\n"]
        assert list(run.blocks(3)) == []

    def test_a_run_that_is_a_stream(self):
        run = StreamRun([b"a\nb\n", b"c\n"])
        assert (run.value, run.level, run.size, run.first) == (None, 0, 0, None)
        assert list(run.blocks(2)) == [b"a\n", b"b\n", b"c\n"]
        run.close()
        assert list(run.blocks(2)) == []

    def test_a_file_system_without_nameless_files(self, tmp_path, monkeypatch):
        real = os.open

        def refuse(path, flags, *mode):
            if flags & os.O_TMPFILE == os.O_TMPFILE:
                raise OSError(errno.EOPNOTSUPP, "not supported")
            return real(path, flags, *mode)

        monkeypatch.setattr(os, "open", refuse)
        run = FileRun(str(tmp_path), None, None, 0)
        run.write(b"a\n")
        assert list(tmp_path.iterdir()) == [] and list(run.blocks(9)) == [b"a\n"]

    @pytest.mark.parametrize(
        ("number", "error", "text"),
        [
            (errno.EMFILE, OutOfDescriptors, "no file descriptors left"),
            (errno.ENFILE, OutOfDescriptors, "no file descriptors left"),
            (errno.EACCES, CannotCreateError, "cannot make temporary files: "),
        ],
    )
    def test_files_that_cannot_be_made(self, monkeypatch, number, error, text):
        def fail(*_):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "open", fail)
        with pytest.raises(error, match=text):
            runs_module.temporary_file("/tmp")

    @pytest.mark.parametrize("make", [lambda: FileRun("/tmp", None, None, 0), lambda: RunFiles(["/tmp"])])
    def test_a_signal_right_after_a_file_was_closed_does_not_let_it_be_closed_again(self, monkeypatch, make):
        """The second time the descriptor may be another file's."""
        made, closed, close = make(), [], os.close

        def close_and_end(descriptor):
            closed.append(descriptor)
            close(descriptor)
            raise SystemExit

        with monkeypatch.context() as patch, pytest.raises(SystemExit):
            patch.setattr(os, "close", close_and_end)
            made.close()
        made.close()
        assert len(closed) == 1

    def test_a_file_that_cannot_be_read(self, tmp_path, monkeypatch):
        run = FileRun(str(tmp_path), None, None, 0)
        run.write(b"a\n")

        def fail(*_):
            raise OSError(errno.EIO, "Input/output error")

        with monkeypatch.context() as patch, pytest.raises(TransferError, match="cannot read a temporary file: input"):
            patch.setattr(os, "read", fail)
            list(run.blocks(9))
        run.close()

    def test_codecs(self, monkeypatch):
        with pytest.raises(UsageError, match="unknown codec 'gz'"):
            RunFiles(["/tmp"], "gz")
        monkeypatch.setitem(sys.modules, "lz4.frame", None)
        with pytest.raises(UnavailableError, match="lz4 needs the package lz4; pip install lz4"):
            RunFiles(["/tmp"], "lz4")
        data = b"abc" * 1000
        codec = runs_module.find_codec("zst")
        assert len(codec.compress(data)) < 100 and codec.decompress(codec.compress(data)) == data

    def test_the_spare_descriptor(self):
        before = descriptors()
        files = RunFiles(["/tmp"])
        assert descriptors() == before + 1
        files.reserve()
        assert descriptors() == before + 1
        run = files.new_run(None, 0)
        assert descriptors() == before + 2
        other = files.new_run(None, 0, use_spare=True)
        assert descriptors() == before + 2
        files.reserve()
        assert descriptors() == before + 3
        files.close()
        files.close()
        for each in (run, other):
            each.close()
        assert descriptors() == before

    def test_directories_are_checked(self, tmp_path):
        check_directories([str(tmp_path)])
        (tmp_path / "file").write_bytes(b"")
        for wrong in ("missing", "file"):
            with pytest.raises(CannotCreateError, match="cannot make temporary files; choose another"):
                check_directories([str(tmp_path), str(tmp_path / wrong)])


class TestRunList:
    def make(self, memory: int = 10, batch: int = 3) -> RunList:
        return RunList(SortOptions(batch_size=batch), SHARES._replace(runs=memory))

    def kinds(self, runs: RunList) -> list[str]:
        return [f"{type(run).__name__[0]}{run.level}" for run in runs.runs]

    def test_memory_first_then_files(self):
        runs = self.make()
        for block in (b"aaa\n", b"bbbbb\n", b"c\n", b"d\n"):
            runs.store(block, ONE)
        assert self.kinds(runs) == ["M0", "M0", "F0", "F0"]
        assert [run.value for run in runs.runs] == [ONE] * 4
        assert [b"".join(run.blocks(9)) for run in runs.runs] == [b"aaa\n", b"bbbbb\n", b"c\n", b"d\n"]
        runs.close()

    def test_a_batch_of_new_runs_has_to_be_merged(self):
        runs = self.make()
        for number in range(3):
            assert not runs.must_merge
            runs.store(b"%d\n" % number, None)
        assert runs.must_merge
        runs.mark_as_merged()
        assert not runs.must_merge
        runs.close()

    def test_a_batch_has_two_runs_at_least(self):
        runs = self.make(batch=1)
        assert runs.batch == 2
        runs.close()

    @pytest.mark.parametrize(
        ("levels", "first"),
        [
            ([0, 0], 0),
            ([1, 0, 0], 1),
            ([2, 1, 0], 1),
            ([1, 1, 0], 1),
            ([2, 1, 1], 1),
            ([0, 1], 0),
            ([0], 0),
            ([1, 0], 0),
        ],
    )
    def test_the_newest_runs_are_those_merged_as_often_as_the_last(self, levels, first):
        runs = self.make()
        for level in levels:
            runs.runs.append(MemoryRun(b"a\n", None))
            runs.runs[-1].level = level
        assert runs.first_of_newest() == first
        runs.close()

    def lack_descriptors(self, runs: RunList, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_, **__):
            raise OutOfDescriptors

        with monkeypatch.context() as patch:
            patch.setattr(runs._files, "new_run", fail)
            runs.store(b"too much for memory\n", None)

    def test_without_descriptors_two_runs_in_files_have_to_be_among_the_newest(self, monkeypatch):
        runs = self.make(memory=0)
        for level in (2, 1, 0):
            runs.runs.append(runs._files.new_run(None, level))
        self.lack_descriptors(runs, monkeypatch)
        assert self.kinds(runs) == ["F2", "F1", "F0", "M0"]  # kept in memory nevertheless
        assert runs.must_merge and runs.first_of_newest() == 1
        runs.store(b"more\n", None)
        assert self.kinds(runs)[-1] == "M0"
        runs.mark_as_merged()
        assert not runs.must_merge
        assert runs.first_of_newest() == 2
        runs.close()

    def test_without_descriptors_and_runs_in_files_there_is_no_way(self, monkeypatch):
        runs = self.make(memory=0)
        runs.runs.append(runs._files.new_run(None, 0))
        self.lack_descriptors(runs, monkeypatch)
        with pytest.raises(OutOfDescriptors):
            runs.first_of_newest()
        runs.close()

    def test_runs_are_replaced_by_one_of_the_next_level(self):
        runs = self.make()
        for level, name in enumerate(b"abcd"):
            runs.runs.append(MemoryRun(b"%c\n" % name, ONE))
            runs.runs[-1].level = level
        old, new = runs.replace(1, 3)
        assert [run.first for run in old] == [b"b", b"c"]
        assert (new.level, new.value) == (3, ONE)  # one more than the highest of them
        assert runs.runs[1] is new and [run.first for run in (runs.runs[0], runs.runs[2])] == [b"a", b"d"]
        runs.drop(old)
        assert list(old[0].blocks(9)) == []
        runs.close()

    def test_the_common_value_of_runs(self):
        runs = [MemoryRun(b"a\n", ONE), MemoryRun(b"b\n", ONE), MemoryRun(b"b\t1\n", None)]
        assert common_value_of(runs[:2]) == ONE
        assert common_value_of(runs) is None and common_value_of([]) is None


class TestMerging:
    def cursors(self, *streams: list[bytes], order: Order | None = None) -> list[Cursor]:
        return [Cursor(stream, order or Order(), whole=False) for stream in streams]

    def test_a_round_ends_with_the_smallest_last_line(self):
        """Lines of the key at the end of a round wait if they come after the stream that may have more of it."""
        streams = [b"a\t0\nc\t0\n", b"e\t0\n"], [b"a\t1\nb\t1\n", b"b\t11\nf\t1\n"], [b"b\t2\nd\t2\n"]
        found = list(rounds(self.cursors(*streams), Order(), whole=False))
        assert found[0] == [b"a\t0\n", b"a\t1\nb\t1\n"]
        in_order = [sorted(b"".join(pieces).splitlines(), key=lambda line: line[:1]) for pieces in found]
        expected = b"a\t0 a\t1 b\t1 b\t11 b\t2 c\t0 d\t2 e\t0 f\t1".split(b" ")
        assert [line for lines in in_order for line in lines] == expected

    def test_a_stream_before_the_limiting_one_gives_lines_of_its_last_key_too(self):
        streams = [b"a\t0\nb\t0\nc\t0\n"], [b"b\t1\n", b"d\t1\n"]
        assert next(rounds(self.cursors(*streams), Order(), whole=False)) == [b"a\t0\nb\t0\n", b"b\t1\n"]

    def test_whole_lines_that_are_equal_need_no_order(self):
        streams = [b"b\n", b"d\n"], [b"b\nc\n"]
        cursors = [Cursor(stream, Order(), whole=True) for stream in streams]
        assert next(rounds(cursors, Order(), whole=True)) == [b"b\n", b"b\n"]

    def test_in_reverse(self):
        order = Order(reverse=True)
        streams = [b"d\nb\n", b"a\n"], [b"c\nb\n", b"b\na\n"]
        assert b"".join(merge([iter(stream) for stream in streams], order)) == b"d\nc\nb\nb\nb\na\na\n"

    def test_streams_that_follow_each_other_are_read_one_by_one(self):
        """With first lines known, no stream is opened before its turn."""
        opened = []

        def stream(name: bytes):
            opened.append(name)
            yield name + b"1\n"
            yield name + b"2\n"

        cursors = [Cursor(stream(name), Order(), whole=False, first=name + b"1") for name in (b"a", b"b", b"c")]
        merging = rounds(cursors, Order(), whole=False)
        assert next(merging) == [b"a1\n"] and opened == [b"a"]
        assert [*merging][-1] == [b"c2\n"] and opened == [b"a", b"b", b"c"]

    def test_what_is_read_ahead_is_at_most_one_and_a_half_blocks(self):
        cursor = Cursor(iter([b"a\nb\nc\nd\n", b"e\nf\n", b"g\nh\n"]), Order(), whole=False)
        assert cursor.fill() and (cursor.block, cursor.first, cursor.last) == (b"a\nb\nc\nd\n", b"a", b"d")
        cursor.take(b"b", lambda one, other: one > other, True)
        assert cursor.block == b"c\nd\n" and cursor.fill()  # half of a block: read on
        assert (cursor.block, cursor.first, cursor.last) == (b"c\nd\ne\nf\n", b"c", b"f")
        cursor.take(b"c", lambda one, other: one > other, True)
        assert cursor.fill() and cursor.block == b"d\ne\nf\n"  # more than half
        assert not cursor.ended

    @pytest.mark.parametrize(
        ("limit", "inclusive", "taken"),
        [
            (b"a", False, b""),
            (b"b", False, b""),
            (b"b", True, b"b\nb\n"),
            (b"c", False, b"b\nb\n"),
            (b"d", False, b"b\nb\n"),
            (b"d", True, b"b\nb\nd\n"),
            (b"e", True, b"b\nb\nd\n"),
            (b"f", False, b"b\nb\nd\n"),
            (b"f", True, b"b\nb\nd\nf\n"),
            (b"g", False, b"b\nb\nd\nf\n"),
        ],
    )
    def test_taking_up_to_a_limit(self, limit, inclusive, taken):
        cursor = Cursor(iter([b"b\nb\nd\nf\n"]), Order(), whole=False)
        cursor.fill()
        assert cursor.take(limit, lambda one, other: one > other, inclusive) == taken
        assert taken + cursor.block == b"b\nb\nd\nf\n"
        if taken and cursor.block:
            assert cursor.first is None and cursor.fill() and cursor.first == cursor.block[:1]

    def test_empty_blocks_and_streams(self):
        assert b"".join(merge([iter([b"", b"a\n", b""]), iter([]), iter([b""])], Order())) == b"a\n"
        assert list(merge([], Order())) == []

    def test_disorder_is_found(self):
        with pytest.raises(DataError, match="an input is not in order"):
            list(merge([iter([b"b\n", b"c\na\n", b"d\n"]), iter([b"a\nb\n", b"a\n", b"x\n"])], Order()))

    def test_a_single_piece_passes_unsorted(self):
        """A round of one piece is in order already, and is not touched."""
        block = b"a\nb\n"
        assert next(merge([iter([block])], Order())) is block
        assert list(merge([iter([b"a\nb\nb\n"])], Order(unique=True))) == [b"a\nb\n"]

    def test_unique_across_blocks(self):
        streams = [b"a\t1\n", b"a\t2\nb\t1\n", b"b\t2\n", b"c\t1\n"], [b"b\t3\n"]
        assert b"".join(merge([iter(each) for each in streams], Order(unique=True))) == b"a\t1\nb\t1\nc\t1\n"


class TestRunMerger:
    def merger(self, order: Order | None = None, work: int = 1 << 20, chunk: int = 1 << 18) -> RunMerger:
        order = order or Order()
        shares = SHARES._replace(work=work, chunk=chunk)
        return RunMerger(order, LineMemory(order, work), InlineWorkers(SortWork(order, shares)))

    def test_bare_keys_stay_bare_for_another_merge(self):
        runs = [MemoryRun(b"a\nc\n", ONE), MemoryRun(b"b\0002\n", ONE)]
        assert b"".join(self.merger().merge(runs, MERGE)) == b"a\nb\0002\nc\n"

    def test_and_are_written_as_lines_at_the_end(self):
        runs = [MemoryRun(b"a\nc\n", ONE), MemoryRun(b"b\0002\n", ONE)]
        assert b"".join(self.merger().merge(runs, WRITE)) == b"a\t1\nb\t1\nb\t1\nc\t1\n"
        for block in (b"a\nb\n", b"a\nb\0001\n"):
            assert b"".join(self.merger().merge([MemoryRun(block, ONE)], WRITE)) == b"a\t1\nb\t1\n"

    def test_runs_of_different_values_are_merged_as_lines(self):
        runs = [MemoryRun(b"a\0002\nc\n", ONE), MemoryRun(b"b\nd\n", b"\t2\n"), MemoryRun(b"a\t3\n", None)]
        expected = b"a\t1\na\t1\na\t3\nb\t2\nc\t1\nd\t2\n"
        for task in (MERGE, WRITE):
            assert b"".join(self.merger().merge(runs, task)) == expected
            runs = [MemoryRun(b"a\0002\nc\n", ONE), MemoryRun(b"b\nd\n", b"\t2\n"), MemoryRun(b"a\t3\n", None)]

    def test_a_run_that_waits_is_opened_in_time(self):
        """When the run of `f` is all in memory, the one of `e` has to be opened, that of `z` not yet."""
        runs = [MemoryRun(block, None) for block in (b"a\nf\n", b"b\nd\n", b"e\n", b"z\n")]
        assert b"".join(self.merger().merge(runs, WRITE)) == b"a\nb\nd\ne\nf\nz\n"

    def test_unique_records_of_a_single_run(self):
        order = Order(unique=True)
        run = MemoryRun(b"a\t1\na\t2\nb\t1\n", None)
        assert b"".join(self.merger(order).merge([run], WRITE)) == b"a\t1\nb\t1\n"

    def test_windows_share_the_memory(self):
        """Of room for 100 KB of lines, two runs get half each."""

        class Watched(MemoryRun):
            def blocks(self, window):
                windows.append(window)
                return super().blocks(window)

        windows: list[int] = []
        merger = self.merger(work=100_000 * 164 // 16)
        list(merger.merge([Watched(b"a\n", None), Watched(b"b\n", None)], WRITE))
        assert windows == [50_000, 50_000]
        windows.clear()
        list(self.merger(work=1).merge([Watched(b"a\n", None)], WRITE))
        assert windows == [4096]  # at least

    def test_as_many_runs_at_once_as_have_a_window(self):
        assert self.merger(work=3 * 4096 * 164 // 16 + 164).limit() == 3
        assert self.merger(work=1).limit() == 2

    def test_a_value_longer_than_the_keys_does_not_make_blocks_longer(self):
        value = b"\t" + b"v" * 62 + b"\n"
        runs = [MemoryRun(b"k\n" * 10_000, value), MemoryRun(b"z\t1\n", None)]
        blocks = list(self.merger(work=1).merge(runs, WRITE))
        assert b"".join(blocks) == (b"k" + value) * 10_000 + b"z\t1\n"
        assert max(map(len, blocks)) < 3 * 4096


class TestExternalSort:
    def test_chunks_fill_the_memory(self):
        """A line of 10 bytes takes 134 bytes of memory, so there are 10 in a chunk of 1340."""
        memory = LineMemory(Order(), 1340)
        chunks = list(gather([b"123456789\n" * 7] * 5, memory))
        assert [sum(lines for _, lines in chunk) for chunk in chunks] == [10, 10, 10, 5]
        assert all(block.count(b"\n") == lines for chunk in chunks for block, lines in chunk)
        assert b"".join(block for chunk in chunks for block, _ in chunk) == b"123456789\n" * 35
        assert memory.room(None) == 1340 * 350 // (5 * 350 + 84 * 35)

    @pytest.mark.parametrize(("second", "are_bare"), [(b"b\t1\n", True), (b"b\t2\nc\t3\n", False)])
    def test_lines_of_different_values_need_memory_for_their_keys(self, monkeypatch, second, are_bare):
        seen = []
        monkeypatch.setattr(
            external_module,
            "gather",
            lambda blocks, memory: seen.append(memory) or ([(block, block.count(b"\n"))] for block in blocks),
        )
        assert list(external_sort([b"a\t1\n", second, b"d\t1\n"], Order()))
        assert seen[0].are_bare is are_bare

    def test_a_long_line_is_a_chunk_of_its_own(self):
        long = b"x" * 5000 + b"\n"
        chunks = list(gather([b"a\n" + long + b"b\n", b"c\n", long], LineMemory(Order(), 1340)))
        assert [b"".join(block for block, _ in chunk) for chunk in chunks] == [b"a\n", long, b"b\nc\n", long]
        assert list(gather([], LineMemory(Order(), 1))) == []

    def progress(self, blocks, options: SortOptions, order: Order | None = None):
        seen = []

        def note(progress: SortProgress) -> None:
            seen.append((progress.read, progress.runs, progress.to_merge, progress.merged, progress.longest))

        out = list(external_sort(blocks, order or Order(), options._replace(on_progress=note)))
        return out, seen

    def test_progress(self):
        block = b"".join(b"%04d\t%d\n" % (number * 37 % 1000, number % 10) for number in range(1000))
        out, seen = self.progress([block] * 4, SortOptions(400_000, batch_size=4))
        assert b"".join(out) == b"".join(sorted(b"".join([block] * 4).splitlines(True), key=lambda line: line[:4]))
        reading = [each for each in seen if not each[2]]
        merging = [each for each in seen if each[2]]
        assert reading[-1][0] == 28_000 and [each[0] for each in reading] == sorted(each[0] for each in reading)
        assert [each[1] for each in reading][:4] == [0, 1, 2, 3][: len(reading)]
        assert {each[2] for each in merging} == {28_000} and merging[-1][3] == 28_000
        assert {each[4] for each in seen} == {0}

    def test_the_longest_line_beyond_a_chunk_is_noted(self):
        long = [b"m" * size + b"\n" for size in (30_000, 20_000)]
        out, seen = self.progress([*long, b"a\n"], SortOptions(10_000))
        assert b"".join(out) == b"a\n" + long[1] + long[0]
        assert seen[-1][4] == 30_001

    @pytest.mark.parametrize(("chunks", "forks"), [(0, []), (1, []), (2, [(3, 2 * 8_387)]), (4, [(3, 2 * 8_387)])])
    def test_workers_are_forked_if_there_is_more_than_one_chunk(self, monkeypatch, chunks, forks):
        forked = []

        def fork(work, jobs, capacity):
            forked.append((jobs, capacity))
            return InlineWorkers(work)

        monkeypatch.setattr(external_module, "SortWorkers", fork)
        monkeypatch.setattr(external_module, "gather", lambda blocks, memory: ([(block, 1)] for block in blocks))
        blocks = [b"%d\t1\n" % (9 - number) for number in range(chunks)]
        options = SortOptions(8_387 * 5 * 3 * 20 // 9 + 9, jobs=3)
        assert b"".join(external_sort(blocks, Order(), options)) == b"".join(reversed(blocks))
        assert forked == forks

    @pytest.mark.slow
    @pytest.mark.parametrize("all_is_read", [False, True])
    def test_workers_and_runs_are_gone_at_the_end(self, all_is_read):
        blocks = [b"".join(b"%05d\t%d\n" % (number * 37 % 9973, number) for number in range(5_000))] * 4
        sorting = external_sort(blocks, Order(), SortOptions(200_000, jobs=2))
        assert next(sorting) and len(children()) == 2
        if all_is_read:
            assert list(sorting)
        sorting.close()
        assert children() == []

    def test_nothing(self):
        assert self.progress([], SortOptions()) == ([], [])

    def merges(self, monkeypatch, blocks, options: SortOptions) -> list[tuple[int, int]]:
        """Return for each merge to a file how many runs it takes and the level it makes."""
        made = []
        replace = RunList.replace

        def note(self, first, end):
            old, new = replace(self, first, end)
            made.append((len(old), new.level))
            return old, new

        monkeypatch.setattr(RunList, "replace", note)
        expected = b"".join(sorted(b"".join(blocks).splitlines(True), key=lambda line: line.partition(b"\t")[0]))
        assert b"".join(external_sort(blocks, Order(), options)) == expected
        return made

    def test_runs_are_merged_by_levels(self, monkeypatch):
        """With two runs at a time, each line is merged as often as there are powers of two, not for each other run."""
        blocks = [b"%03d\t%d\n%03d\t%d\n" % (number * 37 % 101, number, number, 9) for number in range(16)]
        monkeypatch.setattr(external_module, "gather", lambda blocks, memory: ([(block, 2)] for block in blocks))
        made = self.merges(monkeypatch, blocks, SortOptions(8192, batch_size=2))
        assert max(level for _, level in made) <= 5
        assert sum(runs for runs, _ in made) <= 16 * 3

    def test_the_last_merge_takes_as_many_runs_as_a_batch(self, monkeypatch):
        monkeypatch.setattr(external_module, "gather", lambda blocks, memory: ([(block, 1)] for block in blocks))
        blocks = [b"%d\t%d\n" % (9 - number, number) for number in range(5)]
        assert self.merges(monkeypatch, blocks, SortOptions(batch_size=5)) == [(5, 1)]
        assert self.merges(monkeypatch, blocks[:4], SortOptions(batch_size=5)) == []

    @pytest.mark.parametrize(
        ("number", "batch", "merges"),
        [
            (4, 4, []),
            (5, 4, [(3, 5)]),
            (5, 2, [(3, 5), (1, 3), (1, 3)]),
            (11, 3, [(8, 11), (5, 8), (2, 5), (0, 2), (2, 4)]),
        ],
    )
    def test_no_more_runs_than_needed_are_merged_before_the_last_merge(self, monkeypatch, number, batch, merges):
        made = []
        replace = RunList.replace
        monkeypatch.setattr(RunList, "replace", lambda *args: made.append(args[1:]) or replace(*args))
        lines = [b"%02d\n" % each for each in range(number)]
        merging = merge_sorted([[line] for line in lines], Order(), SortOptions(batch_size=batch))
        assert b"".join(merging) == b"".join(lines) and made == merges

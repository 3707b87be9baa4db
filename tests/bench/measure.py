"""Measure commands side by side: alternating runs, medians of wall and CPU time, peak memory of the process tree.

    contest = Contest("10 M pairs", {"GNU sort": [...], "st-sort": [...]}, target=0.9)
    results = [contest.run(repeats=5, scratch=Path(...))]
    print(report("st-sort against GNU sort", results, notes=["data: ..."]))

Wall and CPU time (user and system of all processes of the command) come from wait4. Peak memory comes from one more
run of each command, which is not timed: the sum of the proportional set sizes (PSS: shared pages counted once) of all
its processes, sampled every 20 ms from /proc/PID/smaps_rollup.
"""

import filecmp
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MIB = 1 << 20
SLOWING = ("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE")  # either slows down a Python script, a naive one most of all


@dataclass
class Figures:
    """What the runs of one command took: wall and CPU time of each in seconds, peak memory in bytes."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: int = 0

    @property
    def median_wall(self) -> float:
        return statistics.median(self.wall)

    @property
    def median_cpu(self) -> float:
        return statistics.median(self.cpu)


@dataclass
class Result:
    """The figures of a contest: the first command is the baseline, the last one is ours."""

    name: str
    target: float | None
    figures: dict[str, Figures]
    same_output: bool | None

    @property
    def ratio(self) -> float:
        """Wall time of ours to the baseline: the median of the ratios of neighbouring runs."""
        first, *_, last = self.figures.values()
        return statistics.median(ours / theirs for ours, theirs in zip(last.wall, first.wall, strict=True))

    @property
    def is_reached(self) -> bool:
        return self.same_output is not False and (self.target is None or self.ratio <= self.target)


@dataclass
class Contest:
    """Commands that do the same work, the baseline first and ours last; each writes its result to stdout.

    target: the highest good ratio of our wall time to the baseline's; None if the ratio is only shown.
    same_output: compare the output of the commands, byte for byte.
    """

    name: str
    commands: Mapping[str, Sequence[str]]
    target: float | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: Path | None = None
    same_output: bool = True
    before: Callable[[], object] | None = None  # called before each run, not timed

    def run(self, repeats: int, scratch: Path, memory: bool = True) -> Result:
        """Run all commands in turn, `repeats` times; the order alternates, so that drift affects all of them alike."""
        figures = {name: Figures() for name in self.commands}
        outputs = {name: scratch / f"output-{index}" for index, name in enumerate(self.commands)}
        for repeat in range(repeats):
            for name in list(self.commands) if repeat % 2 == 0 else reversed(list(self.commands)):
                wall, cpu = self._time(name, outputs[name])
                figures[name].wall.append(wall)
                figures[name].cpu.append(cpu)
        same = self._compare(list(outputs.values())) if self.same_output else None
        if memory:
            for name in self.commands:
                figures[name].peak = self._watch(name, outputs[name])
        for path in outputs.values():
            path.unlink(missing_ok=True)
        return Result(self.name, self.target, figures, same)

    def _time(self, name: str, output: Path) -> tuple[float, float]:
        begin = time.perf_counter()
        process = self._start(name, output)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        self._check(name, process.returncode)
        return wall, usage.ru_utime + usage.ru_stime

    def _watch(self, name: str, output: Path) -> int:
        process = self._start(name, output)
        watch = TreeWatch(process.pid)
        code = process.wait()
        peak = watch.stop()
        self._check(name, code)
        return peak

    def _start(self, name: str, output: Path) -> "subprocess.Popen[bytes]":
        if self.before:
            self.before()
        with open(self.stdin or os.devnull, "rb") as source, open(output, "wb") as sink:
            return subprocess.Popen(self.commands[name], stdin=source, stdout=sink, env={**environment(), **self.env})

    def _check(self, name: str, code: int) -> None:
        if code:
            raise SystemExit(f"{self.name}: {name} ended with status {code}: {' '.join(self.commands[name])}")

    @staticmethod
    def _compare(outputs: list[Path]) -> bool:
        return all(filecmp.cmp(outputs[0], other, shallow=False) for other in outputs[1:])


def environment() -> dict[str, str]:
    """Return the environment without the variables that slow Python down.

    All scripts are run by the Python that measures: one found through a shim, as pyenv has, starts 50 ms later.
    """
    kept = {name: value for name, value in os.environ.items() if name not in SLOWING}
    return {**kept, "PATH": os.pathsep.join([os.path.dirname(sys.executable), kept.get("PATH", os.defpath)])}


class TreeWatch:
    """Samples the memory of a process and its descendants until it is stopped."""

    def __init__(self, pid: int, interval: float = 0.02) -> None:
        self._pid, self._interval, self._peak = pid, interval, 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _sample(self) -> None:
        while not self._stopped.wait(self._interval):
            self._peak = max(self._peak, tree_memory(self._pid))

    def stop(self) -> int:
        """Stop sampling; return the highest sample in bytes."""
        self._stopped.set()
        self._thread.join()
        return self._peak


def tree_memory(pid: int) -> int:
    """Sum the proportional set sizes of a process and all its descendants, in bytes."""
    return sum(_proportional_size(each) for each in _tree(pid))


def _tree(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        try:
            for task in os.listdir(f"/proc/{each}/task"):
                found += map(int, Path(f"/proc/{each}/task/{task}/children").read_text().split())
        except OSError:  # it has just ended
            continue
    return found


def _proportional_size(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    except OSError:
        pass
    return 0


def bare_interpreter() -> int:
    """Measure the memory of a Python process that has done nothing, in bytes."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert process.stdin
    try:
        peak = 0
        for _ in range(10):
            time.sleep(0.02)
            peak = max(peak, tree_memory(process.pid))
        return peak
    finally:
        process.stdin.write(b"\n")
        process.stdin.close()
        process.wait()


def cores() -> int:
    """Count the cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def machine() -> str:
    """Describe this machine and its Python in one line."""
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{cores()} cores of {model}, {memory:.0f} GB, {platform.system()} {platform.release()}, {python}"


def report(title: str, results: Sequence[Result], notes: Sequence[str] = ()) -> str:
    """Format the results as a Markdown table, one line for each command, with the machine above it."""
    lines = [f"## {title}", "", f"machine: {machine()}", *notes, ""]
    lines += ["| data | command | wall s | CPU s | peak MiB | ratio | target | |", "|---|---|--:|--:|--:|--:|--:|---|"]
    for result in results:
        for index, (name, each) in enumerate(result.figures.items()):
            data = result.name if index == 0 else ""
            ours = index == len(result.figures) - 1
            cells = [data, name, f"{each.median_wall:.2f}", f"{each.median_cpu:.2f}"]
            cells.append(f"{each.peak / MIB:.0f}" if each.peak else "")
            cells += _verdict(result) if ours else ["", "", ""]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _verdict(result: Result) -> list[str]:
    if result.same_output is False:
        return [f"{result.ratio:.2f}", "", "OUTPUT DIFFERS"]
    if result.target is None:
        return [f"{result.ratio:.2f}", "none", ""]
    return [f"{result.ratio:.2f}", f"{result.target:.2f}", "reached" if result.is_reached else "MISSED"]

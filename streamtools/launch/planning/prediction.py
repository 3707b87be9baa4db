"""The arithmetic of a prediction: from runs over a sample to time, CPU, disk and memory for the whole input."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from streamtools.launch.planning.growth import extrapolate
from streamtools.launch.planning.measured import Basis, Cost, Machine, Measured, Phase, Work

START = 0.25  # seconds from the command to the first task
CACHED = 0.2  # share of the memory in which written data wait for the disk, as Linux has it unless told otherwise
BUSY = 0.75  # share of the time in which the cores are busy, from which on they are what bounds a phase
NAMES = {
    "decode": "decoding of one stream, which one core does",
    "task": "the largest map task, which one core runs",
    "reduce": "the largest reduce task, which one core runs; more reducers may help",
    "disk": "the disk",
    "CPU": "CPU",
    "jobs": "the tasks at a time; cores are idle, more --jobs may help",
}


@dataclass(frozen=True)
class Prediction:
    """What the whole input takes. map, reduce: seconds of the phases; cpu: seconds of each stage, by its name.

    memory: most bytes of all processes together. bound: what the longer phase waits for, a key of NAMES.
    """

    map: float
    reduce: float
    cpu: Mapping[str, float]
    spilled: int
    written: int
    memory: int
    bound: str

    @property
    def wall(self) -> float:
        """Seconds from start to end."""
        return START + self.map + self.reduce


def predict(basis: Basis, work: Work, machine: Machine, reduces: int) -> Prediction:
    """Predict what a job with so many reduce tasks takes for `work` on a machine."""
    runs = basis.runs
    spilled = _grow_by_task(runs, work, lambda run: run.spilled)
    shuffled = _grow_by_task(runs, work, lambda run: run.reduce.size)
    written = extrapolate([(run.read, run.written) for run in runs], work.size)
    mapped = _cost([run.map for run in runs], work.tasks, work.size)
    reduced = _cost([run.reduce for run in runs], reduces, shuffled)
    decoded = basis.decode.times(work.encoded)
    disk = _disk_seconds(round(work.size * basis.packed), round(spilled + written), machine)
    map_bounds = _map_bounds(basis, work, machine, mapped) | {"disk": disk}
    reduce_bounds = _bounds(reduced, reduces, machine) | {"reduce": reduced.wall / max(reduces, 1) * runs[-1].skew}
    map_seconds, reduce_seconds = max(map_bounds.values()), max(reduce_bounds.values())
    return Prediction(
        map=map_seconds,
        reduce=reduce_seconds,
        cpu={
            "decode": decoded.cpu,
            "map": mapped.cpu * basis.mapping,
            "shuffle": mapped.cpu * (1 - basis.mapping),
            "reduce": reduced.cpu,
        },
        spilled=round(spilled),
        written=round(written),
        memory=_memory(runs, work, machine),
        bound=_find_bound(map_bounds if map_seconds >= reduce_seconds else reduce_bounds),
    )


def _map_bounds(basis: Basis, work: Work, machine: Machine, mapped: Cost) -> dict[str, float]:
    """Return the seconds of the map tasks by what bounds them. mapped: the cost of all, without their decoding."""
    decoded = basis.decode.times(work.encoded)
    largest = _cost([run.map for run in basis.runs], 1, work.largest)
    if work.stream:  # decoded beside the tasks, not in them
        bounds = _bounds(mapped, work.tasks, machine)
        busy = (mapped.cpu + decoded.cpu) / machine.cores
        return bounds | {"CPU": busy, "decode": basis.decode.wall * work.stream, "task": largest.wall}
    if work.encoded:
        largest = largest.plus(basis.decode.times(work.largest))
    return _bounds(mapped.plus(decoded), work.tasks, machine) | {"task": largest.wall}


def _bounds(cost: Cost, tasks: int, machine: Machine) -> dict[str, float]:
    """Return the seconds of a phase as bounded by the cores, and by the number of tasks at a time."""
    rounds = ceil(tasks / machine.jobs)
    return {"CPU": cost.cpu / machine.cores, "jobs": cost.wall / max(tasks, 1) * rounds}


def _find_bound(bounds: Mapping[str, float]) -> str:
    """Return which bound counts; CPU if the cores are busy nearly all the time."""
    most = max(bounds, key=lambda name: bounds[name])
    if most == "jobs":  # a single task takes as long as all do
        most = next((name for name in ("task", "reduce") if bounds.get(name, 0) > 0.99 * bounds[most]), most)
    return "CPU" if most != "decode" and bounds["CPU"] >= BUSY * bounds[most] else most


def _cost(phases: Sequence[Phase], tasks: int, size: float) -> Cost:
    """Return the cost of so many tasks that read `size` bytes together.

    The first phase, over next to nothing, shows what a task costs in itself, the last one what a byte costs.
    """
    first, last = phases[0], phases[-1]
    if not last.tasks:
        return Cost()
    per_task = first.cost.times(1 / max(first.tasks, 1))
    rest = last.cost.plus(per_task.times(-last.tasks))
    per_byte = Cost(max(rest.cpu, 0.0), max(rest.wall, 0.0)).times(1 / max(last.size, 1))
    return per_task.times(tasks).plus(per_byte.times(size))


def _grow_by_task(runs: Sequence[Measured], work: Work, amount: Callable[[Measured], float]) -> float:
    """Return an amount for all map tasks, each of which makes its own of its input alone."""
    points = [(run.read / run.map.tasks, amount(run) / run.map.tasks) for run in runs]
    return extrapolate(points, work.size / work.tasks) * work.tasks


def _disk_seconds(read: int, written: int, machine: Machine) -> float:
    """Return how long the disk takes; what is written counts as far as it does not fit the memory."""
    beyond = max(0.0, written - CACHED * machine.ram)
    return read / machine.read_rate + beyond * (1 / machine.write_rate + 1 / machine.read_rate)


def _memory(runs: Sequence[Measured], work: Work, machine: Machine) -> int:
    """Return the most bytes of all processes: tasks grow with their input up to their part of --memory."""
    last = runs[-1].memory
    points = [(run.read / run.map.tasks, float(run.memory.task)) for run in runs]
    (small, before), (size, after) = points[-2:] if len(points) > 1 else points * 2
    growth = max(0.0, after - before) / (size - small) if size > small else 0.0
    task = after + growth * max(0.0, work.size / work.tasks - size)
    task = max(after, min(task, machine.memory / machine.jobs))
    at_once = min(machine.jobs, work.tasks)
    return round(last.main + at_once * (task + last.commands))

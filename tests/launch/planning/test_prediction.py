"""From measured costs to a prediction."""

from dataclasses import replace

import pytest

from streamtools.launch.planning.local_plan import is_rough
from streamtools.launch.planning.measured import NOTHING, Basis, Cost, Machine, Measured, Memory, Phase, Work
from streamtools.launch.planning.prediction import NAMES, START, predict

M, G = 1_000_000, 1_000_000_000
TWO = Machine(cores=2, jobs=2, memory=400 * M, ram=10 * G, read_rate=1e12, write_rate=100e6)
PLAIN = Work(size=10 * G, tasks=100, largest=100 * M)
SOLID = replace(PLAIN, encoded=10 * G, stream=10 * G)
ALONE = Work(size=10 * G, tasks=1, largest=10 * G, encoded=10 * G)


def run(read: int, map_cost: Cost, reduce_cost: Cost = NOTHING, shuffled: int = 0, **amounts) -> Measured:
    """A run of two map tasks and two reduce tasks."""
    reduce = Phase(2, shuffled, reduce_cost) if shuffled else Phase()
    figures = {"spilled": shuffled, "written": shuffled, "memory": Memory(30 * M, 50 * M), **amounts}
    return Measured(read, Phase(2, read, map_cost), reduce, **figures)


def basis(decode: Cost = NOTHING, wall: float = 2.0, **amounts) -> Basis:
    """A core maps 100 MB in a second, and 0.01 s is what a task takes by itself; a tenth of the input is shuffled."""
    first = run(2000, Cost(0.02, 0.02), Cost(0.02, 0.02), 200, **amounts)
    last = run(200 * M, Cost(2.02, 0.02 + wall), Cost(0.22, 0.22), 20 * M, **amounts)
    return Basis([first, last], decode, mapping=0.75)


DECODE = Cost(1 / (50 * M), 1 / (50 * M))


@pytest.mark.parametrize(
    ("basis", "work", "machine", "seconds", "bound"),
    [
        pytest.param(basis(), PLAIN, TWO, 50.5, "CPU", id="both cores busy"),
        pytest.param(basis(), PLAIN, replace(TWO, cores=8, jobs=8), 13.13, "CPU", id="eight cores, thirteen rounds"),
        pytest.param(basis(), PLAIN, replace(TWO, jobs=1), 101, "jobs", id="one task at a time"),
        pytest.param(basis(wall=8.0), PLAIN, TWO, 200.5, "jobs", id="commands that wait"),
        pytest.param(basis(), replace(PLAIN, largest=9 * G), TWO, 90.01, "task", id="one large task"),
        pytest.param(basis(DECODE), SOLID, TWO, 200, "decode", id="a stream that one core decodes"),
        pytest.param(basis(DECODE), SOLID, replace(TWO, cores=8, jobs=8), 200, "decode", id="where cores do not help"),
        pytest.param(basis(DECODE), replace(SOLID, stream=0), TWO, 150.5, "CPU", id="parts that all cores decode"),
        pytest.param(basis(DECODE), ALONE, TWO, 300.01, "task", id="a stream in a task of its own"),
        pytest.param(basis(), PLAIN, replace(TWO, read_rate=50e6), 200, "disk", id="a slow disk"),
    ],
)
def test_the_map_phase(basis, work, machine, seconds, bound):
    found = predict(basis, work, machine, 2)
    assert (found.map, found.bound) == (pytest.approx(seconds, rel=1e-3), bound)
    assert bound in NAMES


def test_stages_and_amounts():
    found = predict(basis(DECODE), SOLID, TWO, 2)
    assert {name: round(seconds, 1) for name, seconds in found.cpu.items()} == {
        "decode": 200.0,
        "map": 75.8,
        "shuffle": 25.2,
        "reduce": 10.0,
    }
    assert (found.spilled, found.written) == (pytest.approx(G), pytest.approx(G))
    assert found.wall == START + found.map + found.reduce


def test_the_fullest_reducer_bounds_the_reduce_phase():
    even = predict(basis(), PLAIN, replace(TWO, cores=8, jobs=8), 2)
    skewed = predict(basis(skew=1.8), PLAIN, replace(TWO, cores=8, jobs=8), 2)
    assert (even.reduce, skewed.reduce) == (pytest.approx(5.01, rel=1e-2), pytest.approx(1.8 * 5.01, rel=1e-2))
    assert predict(basis(skew=9.0), PLAIN, TWO, 2).bound == "CPU"  # the longer phase is told
    assert predict(basis(skew=9.0), PLAIN, replace(TWO, cores=32, jobs=32), 2).bound == "reduce"


def test_a_sample_that_shows_little_is_told():
    runs = [run(2000, Cost(seconds, seconds)) for seconds in (1.0, 1.9, 2.1)]
    assert is_rough(runs[:1]) and is_rough(runs[:2]) and not is_rough(runs)


def test_memory_is_that_of_the_tasks_at_a_time():
    small, large = Memory(30 * M, 40 * M), Memory(30 * M, 60 * M, 20 * M)
    runs = [run(2000, Cost(1, 1), memory=small), run(20 * M, Cost(2, 2), memory=large)]
    grown = predict(Basis(runs), PLAIN, TWO, 0).memory  # 10 MB took 20 MB; 100 MB would take 180 MB more, of 140 MB
    assert grown == pytest.approx(30 * M + 2 * (200 * M + 20 * M), rel=0.01)
    assert predict(Basis(runs), replace(PLAIN, tasks=1000), TWO, 0).memory == 30 * M + 2 * 80 * M
    assert predict(Basis(runs), replace(ALONE, size=10 * M), TWO, 0).memory == 30 * M + 80 * M


@pytest.mark.parametrize(
    ("work", "size", "scaled"),
    [
        pytest.param(PLAIN, 20 * G, replace(PLAIN, size=20 * G, tasks=200), id="more tasks"),
        pytest.param(PLAIN, G // 20, Work(G // 20, 1, G // 20), id="a smaller one"),
        pytest.param(ALONE, 20 * G, Work(20 * G, 1, 20 * G, 20 * G), id="a larger task"),
        pytest.param(SOLID, 5 * G, replace(SOLID, size=5 * G, tasks=50, encoded=5 * G, stream=5 * G), id="a stream"),
    ],
)
def test_an_input_of_another_size(work, size, scaled):
    assert work.scaled(size) == scaled

"""The diagrams of the guide: the data flow of a job, and how inputs are divided. Their numbers are computed."""

from __future__ import annotations

from collections import Counter

from svg import Drawing

from streamtools.partition import hash_many

SPLITS = ("the bus and the boat", "the boat and the town")
KINDS = ("first", "second")  # how each partition is drawn


def draw_data_flow() -> Drawing:
    """Return the picture of a word count: two splits, two map tasks, two reduce tasks."""
    drawing = Drawing(980, 400, "The data flow of a word count with two map tasks and two reduce tasks")
    columns = {20: "split", 245: "map", 395: "partition, sort, combine", 605: "merge", 800: "reduce"}
    for x, head in columns.items():
        drawing.text(x, 32, head, "head")
    counts = [Counter(line.split()) for line in SPLITS]
    for number, line in enumerate(SPLITS):
        y = 50 + 165 * number
        _draw_map_task(drawing, y, line, counts[number])
        for partition in (0, 1):
            drawing.arrow(555, y + 25 + 66 * partition, 605, 108 + 165 * partition)
    for partition in (0, 1):
        _draw_reduce_task(drawing, 108 + 165 * partition, partition, counts)
    drawing.text(20, 384, "Colours are partitions: each key belongs to one, in every map task.", "small")
    return drawing


def _draw_map_task(drawing: Drawing, y: float, line: str, counts: Counter[str]) -> None:
    drawing.box(20, y, 190, 30)
    drawing.text(30, y + 20, line, "mono")
    drawing.arrow(210, y + 15, 245, y + 15)
    words = line.split()
    drawing.box(245, y, 100, 18 * len(words) + 14)
    drawing.texts(255, y + 20, [f"{word:<5} 1" for word in words])
    for partition in (0, 1):
        keys = _keys_of(partition, list(counts))
        drawing.arrow(345, y + 25 + 50 * partition, 395, y + 25 + 66 * partition)
        drawing.box(395, y + 66 * partition, 160, 50, KINDS[partition])
        drawing.texts(405, y + 20 + 66 * partition, [f"{key:<5} {counts[key]}" for key in keys])


def _draw_reduce_task(drawing: Drawing, y: float, partition: int, counts: list[Counter[str]]) -> None:
    keys = _keys_of(partition, list(counts[0] + counts[1]))
    height = 18 * len(keys) + 14
    top = y - height / 2
    drawing.box(605, top, 145, height, KINDS[partition])
    groups = [f"{key:<5} {' '.join(str(each[key]) for each in counts if key in each)}" for key in keys]
    drawing.texts(615, top + 20, groups)
    drawing.arrow(750, y, 800, y)
    drawing.box(800, top, 160, height, KINDS[partition])
    drawing.texts(810, top + 20, [f"{key:<5} {sum(each[key] for each in counts)}" for key in keys])
    drawing.text(800, top + height + 18, f"part-0000{partition}", "small")


def _keys_of(partition: int, keys: list[str]) -> list[str]:
    """Return the keys of a partition of two, sorted."""
    numbers = hash_many([key.encode() for key in keys])
    return sorted(key for key, number in zip(keys, numbers) if number % 2 == partition)


def draw_splits() -> Drawing:
    """Return the picture of three kinds of inputs, of their map tasks and partitions."""
    drawing = Drawing(980, 470, "How inputs are divided into map tasks, and their outputs into partitions")
    for x, head in {20: "input", 330: "decoded by", 520: "map tasks", 700: "partitions", 860: "reduce tasks"}.items():
        drawing.text(x, 32, head, "head")
    rows = (
        ("log.tsv, or .bz2", "cut by size, at line ends", 3),
        (".7z of several parts", "cut where decoding can begin", 3),
        (".7z of one stream", "cannot be cut", 1),
    )
    for row, (name, note, parts) in enumerate(rows):
        y = 55 + 130 * row
        drawing.text(20, y + 12, name)
        width = 250 / parts
        for part in range(parts):
            drawing.box(20 + width * part, y + 22, width - (3 if parts > 1 else 0), 34)
        drawing.text(20, y + 76, note, "small")
        _draw_tasks(drawing, y, parts, 3 * row)
    _draw_reducers(drawing)
    note = "Each map task has a range for each partition; each reduce task merges one partition of all of them."
    drawing.text(20, 455, note, "small")
    return drawing


def _draw_tasks(drawing: Drawing, y: float, parts: int, first: int) -> None:
    """Draw three map tasks from number `first` on; parts: how many of them begin in the input on their own."""
    for task in range(3):
        top = y + 34 * task
        if parts > 1:
            drawing.arrow(270, y + 39, 330, top + 12)
            drawing.box(330, top, 140, 24, "work")
            drawing.text(400, top + 17, "its map task", "small middle")
        drawing.arrow(470, top + 12 if parts > 1 else y + 46, 520, top + 12)
        drawing.box(520, top, 130, 24, "work")
        drawing.text(585, top + 17, f"map task {first + task}", "small middle")
        for partition in (0, 1):
            drawing.box(700 + 36 * partition, top, 32, 24, KINDS[partition])
        drawing.arrow(650, top + 12, 700, top + 12)
    if parts == 1:
        drawing.arrow(270, y + 39, 330, y + 46)
        drawing.box(330, y + 22, 140, 48, "work")
        drawing.text(400, y + 43, "one process,", "small middle")
        drawing.text(400, y + 59, "for all map tasks", "small middle")


def _draw_reducers(drawing: Drawing) -> None:
    drawing.line(f"M778 55h12v{34 * 2 + 24 + 260}h-12")
    for partition in (0, 1):
        y = 140 + 120 * partition
        drawing.arrow(790, y + 30, 860, y + 30)
        drawing.box(860, y, 100, 60, KINDS[partition])
        drawing.text(910, y + 26, f"reduce {partition}", "middle")
        drawing.text(910, y + 46, f"part-0000{partition}", "small middle")

"""--secondary-sort: the values of each key in an order, as key fields, partitioner and comparator of Hadoop.

--secondary-sort 2n      key: field 1      the values of a key are sorted by field 2, by number
--secondary-sort 2:4nr,3     fields 1 and 2    by field 4, greatest number first, then by field 3
"""

import re

from streamtools.errors import UsageError
from streamtools.java import class_names
from streamtools.job.command_line import CommandLine
from streamtools.job.properties.configuration import renew_name

FIELDS = re.compile(r"(?:([1-9]\d{0,3}):)?([1-9]\d{0,3}(?:nr|rn|n|r)?(?:,[1-9]\d{0,3}(?:nr|rn|n|r)?)*)")
KEY_FIELDS = "stream.num.map.output.key.fields"
SEPARATOR, KEY_SEPARATOR = "stream.map.output.field.separator", "mapreduce.map.output.key.field.separator"
COMPARATOR = "mapreduce.job.output.key.comparator.class"
COMPARED, PARTITIONED = "mapreduce.partition.keycomparator.options", "mapreduce.partition.keypartitioner.options"


def sort_values(line: CommandLine, fields: str) -> CommandLine:
    """Return a command line in which the values of each key come in order. fields: `[FIELDS OF THE KEY:]FIELD[nr],...`.

    Raises UsageError for fields that cannot be, or a job that sets itself what follows from them.
    """
    place = f"--secondary-sort {fields}"
    match = FIELDS.fullmatch(fields)
    if not match:
        raise UsageError(place, "invalid fields", "write 2 or 2n for a key of one field, 2:3nr,4 for one of two")
    of_key = int(match[1] or 1)
    order = [(int(re.sub(r"\D", "", text)), re.sub(r"\d", "", text)) for text in match[2].split(",")]
    for number, _ in order:
        if number <= of_key:
            raise UsageError(place, f"field {number} belongs to the key", f"sort by fields from {of_key + 1} on")
    given = _assignments(line)
    if line.has("partitioner"):
        raise UsageError(place, "the job has a -partitioner of its own", "leave one of them out")
    for name in (KEY_FIELDS, COMPARATOR, COMPARED, PARTITIONED):
        if name in given:
            raise UsageError(place, f"the job sets {name} itself", "leave one of them out")
    keys = [f"-k1,{of_key}", *(f"-k{number},{number}{how}" for number, how in order)]
    settings = {
        KEY_FIELDS: str(max(number for number, _ in order)),
        PARTITIONED: f"-k1,{of_key}",
        COMPARATOR: class_names.KEY_FIELD_COMPARATOR,
        COMPARED: " ".join(keys),
    }
    if SEPARATOR in given and KEY_SEPARATOR not in given:
        settings[KEY_SEPARATOR] = given[SEPARATOR]
    for name, value in settings.items():
        line = line.with_property(name, value)
    return line.with_option("partitioner", class_names.KEY_FIELD_PARTITIONER)


def _assignments(line: CommandLine) -> dict[str, str]:
    """Return the properties that options set, by their present names."""
    texts = [*(value for name, value in line.generic if name == "D"), *line.all("jobconf")]
    parts = [text.partition("=") for text in texts]
    return {renew_name(name.strip()): value for name, _, value in parts}

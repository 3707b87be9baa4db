"""streamtools.job.properties.names: which names are known, and the warning about a misspelt one."""

import ast
import re

import pytest
from places import ROOT

from streamtools.job import build_job, parse
from streamtools.job.properties.names import KNOWN, find_meant

MEANT = {
    "mapreduce.job.reduce": "mapreduce.job.reduces",
    "mapred.reduce.task": "mapred.reduce.tasks",
    "mapreduce.reduce.tasks": "mapred.reduce.tasks",
    "map.output.key.field.seperator": "map.output.key.field.separator",
    "stream.num.map.output.key.field": "stream.num.map.output.key.fields",
    "mapreduce.map.memory": "mapreduce.map.memory.mb",
}
TAKEN = (
    *("my.threshold", "reduces", "", "mapreduce.job.reduces", "mapred.reduce.tasks", "mapreduce.map.java.opts"),
    *("dfs.block.size", "yarn.app.mapreduce.am.resource.mbs", "stream.recordreader.begins", "mapreduce.shuffle.ports"),
)
USED = re.compile(r"(mapred|mapreduce|stream|streamtools)(\.[a-zA-Z0-9-]+){2,}")
NO_PROPERTIES = {
    *("mapreduce.job.output", "mapreduce.map.output", "mapreduce.jobtracker.address"),
    *("mapreduce.input.fileinputformat", "mapreduce.output.fileoutputformat"),
}


@pytest.mark.parametrize("name", MEANT)
def test_a_misspelt_name(name):
    assert find_meant([name]) == {name: MEANT[name]}


def test_names_that_are_taken_as_they_are():
    assert find_meant(TAKEN) == {}


def test_all_names_in_the_code_are_known():
    used = {
        node.value
        for folder in ("job", "local", "cluster")
        for path in (ROOT / "streamtools" / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and USED.fullmatch(node.value)
    }
    assert "stream.joindelay.milli" in used
    assert {name for name in used - KNOWN - NO_PROPERTIES if not name.startswith("streamtools.cluster")} == set()


def test_a_job_warns_once_of_each():
    words = "-D mapreduce.job.reduce=2 -Dmapreduce.job.reduce=3 -D my.own=1 -input in -output out -mapper cat"
    job = build_job(parse([*words.split(), "-jobconf", "mapred.map.task=4"]))
    assert [warning for warning in job.warnings if "deprecated" not in warning] == [
        "unknown property mapreduce.job.reduce; did you mean mapreduce.job.reduces?",
        "unknown property mapred.map.task; did you mean mapred.map.tasks?",
    ]
    assert job.properties.reduces == 1

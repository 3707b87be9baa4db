"""mrjob's own example jobs run by st-hadoop, found as the `hadoop` command, and by mrjob itself: the same answers.

`make test-peers` makes the environment with mrjob in it and names its Python in STREAMTOOLS_PEERS; where
STREAMTOOLS_PEERS_REQUIRED is set, a missing one fails the tests.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
ST_HADOOP = HERE.parents[1] / "bin" / "st-hadoop"
PYTHON = os.environ.get("STREAMTOOLS_PEERS", "")
FRAMEWORK = ("Map-Reduce Framework", "Shuffle Errors", "File Input Format Counters ", "File Output Format Counters ")


def examples() -> Path:
    """The folder of mrjob's examples; skips or fails where there is none."""
    code = "import mrjob.examples, os; print(os.path.dirname(mrjob.examples.__file__))"
    found = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True) if PYTHON else None
    if found is None or found.returncode:
        why = (
            found.stderr.strip().split("\n")[-1] if found else "STREAMTOOLS_PEERS names no Python; run make test-peers"
        )
        if os.environ.get("STREAMTOOLS_PEERS_REQUIRED"):
            pytest.fail(why)
        pytest.skip(why, allow_module_level=True)
    return Path(found.stdout.strip())


EXAMPLES = examples()
POEMS = [str(EXAMPLES / "docs-to-classify" / name) for name in (
    "to_thee_old_cause-whitman.txt", "happiness-milne.txt",
)]  # fmt: skip


@pytest.fixture
def mrjob(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a job with `-r RUNNER`; `-r hadoop` finds st-hadoop in $HADOOP_HOME/bin, with any file as streaming jar."""
    home = tmp_path / "hadoop"
    (home / "bin").mkdir(parents=True)
    (home / "hadoop-streaming-3.4.2.jar").touch()
    command = home / "bin" / "hadoop"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} {ST_HADOOP} "$@"\n')
    command.chmod(0o755)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HADOOP_")},
        "HADOOP_HOME": str(home),
        "STREAMTOOLS_DFS": str(tmp_path / "dfs"),
        "PYTHONPATH": str(HERE),
        "MRJOB_CONF": os.devnull,
        "TMPDIR": str(tmp_path),
    }

    def run(job: str, runner: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        words = [PYTHON, str(HERE / "run_job.py"), job, "-r", runner, "--no-conf", "--python-bin", PYTHON, *arguments]
        return subprocess.run(words, capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=300)

    return run


def answer(ended: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What a job that succeeded gave."""
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def meant(lines: list[str]) -> list[str]:
    """Lines without what may differ: Hadoop writes a TAB behind a key without value, a dict has no order, and a sum of
    floats depends on the order of the values of a key, which nobody promises."""

    def part(text: str) -> str:
        try:
            return json.dumps(json.loads(text, parse_float=lambda number: round(float(number), 9)), sort_keys=True)
        except ValueError:
            return text

    return sorted("\t".join(map(part, line.partition("\t")[::2])) for line in lines)


def own(counters: list[dict[str, dict[str, int]]]) -> list[dict[str, dict[str, int]]]:
    """The counters of each step that are the job's own."""
    return [{group: step[group] for group in step if group not in FRAMEWORK} for step in counters]


@pytest.mark.parametrize(
    ("job", "arguments"),
    [
        ("mrjob.examples.mr_count_lines_right:MRCountLinesRight", POEMS),
        ("mrjob.examples.mr_grep:MRGrepJob", ["-e", "the", *POEMS]),
        ("mrjob.examples.mr_log_sampler:MRLogSampler", ["--sample-size", "1000", *POEMS]),
        ("mrjob.examples.mr_most_used_word:MRMostUsedWord", POEMS),
        ("mrjob.examples.mr_next_word_stats:MRNextWordStats", POEMS),
        ("mrjob.examples.mr_text_classifier:MRTextClassifier", ["--min-df", "1", "--max-df", "1", *POEMS]),
        ("mrjob.examples.mr_wc:MRWordCountUtility", POEMS),
        ("mrjob.examples.mr_word_freq_count:MRWordFreqCount", POEMS),
        ("mrjob.examples.mr_words_containing_u_freq_count:MRWordsContainingUFreqCount", POEMS),
        ("mr_visits:MRVisits", ["visits.tsv"]),
        ("mr_visits:MRVisits", ["--setup", "export LC_ALL=C", "--jobconf", "mapreduce.job.reduces=3", "visits.tsv"]),
    ],
    ids=lambda value: value.partition(":")[2] or None if isinstance(value, str) else None,
)  # fmt: skip
def test_an_example_gives_what_mrjob_gives(mrjob, tmp_path, job, arguments):
    (tmp_path / "visits.tsv").write_text("ann\t5\nbob\t7\nann\t2\nbob\tx\ncarl\t1\n\xfcnal\t9\n")
    ours, theirs = (answer(mrjob(job, runner, *arguments)) for runner in ("hadoop", "local"))
    assert meant(ours["lines"]) == meant(theirs["lines"])
    assert len(ours["lines"]) > 1
    assert own(ours["counters"]) == own(theirs["counters"])
    assert all(step["Map-Reduce Framework"]["Map input records"] for step in ours["counters"])


def test_counters_of_a_job_arrive(mrjob, tmp_path):
    (tmp_path / "visits.tsv").write_text("ann\t5\nbob\t7\nann\t2\nbob\tx\n")
    first, second = own(answer(mrjob("mr_visits:MRVisits", "hadoop", "visits.tsv"))["counters"])
    assert first == {"lines": {"bad; and skipped": 1, "good": 3}, "amounts": {"sum": 14}, "users": {"all": 2}}
    assert second == {}


def test_each_map_task_counts_for_itself(mrjob):
    """One line per map task, and these are cut differently: only the sum is the same."""
    job = "mrjob.examples.mr_count_lines_wrong:MRCountLinesWrong"
    sums = [
        sum(int(line.split("\t")[1]) for line in answer(mrjob(job, runner, *POEMS))["lines"] if line)
        for runner in ("hadoop", "local")
    ]
    assert sums[0] == sums[1] > 0


def test_the_input_file_is_known(mrjob):
    job = "mrjob.examples.mr_count_lines_by_file:MRCountLinesByFile"
    ours, theirs = (
        {(os.path.basename(json.loads(name)), count) for name, _, count in (x.partition("\t") for x in lines if x)}
        for lines in (answer(mrjob(job, runner, *POEMS))["lines"] for runner in ("hadoop", "local"))
    )
    assert ours == theirs
    assert len(ours) == len(POEMS)


def test_a_raw_mapper_fetches_its_file_from_hdfs(mrjob, tmp_path):
    make = """
import io, sys
from warcio.warcwriter import WARCWriter
with open(sys.argv[1], "wb") as file:
    writer = WARCWriter(file, gzip=False)
    for uri, text in [("http://a.example/x", "call 415-555-2671 now"), ("http://b.example/", "or (650) 555-1234!")]:
        writer.write_record(writer.create_warc_record(uri, "conversion", io.BytesIO(text.encode()),
                                                      warc_content_type="text/plain"))
"""
    wet = tmp_path / "crawl.wet"
    subprocess.run([PYTHON, "-c", make, str(wet)], check=True)
    job = "mrjob.examples.mr_phone_to_url:MRPhoneToURL"
    ours, theirs = (answer(mrjob(job, runner, str(wet))) for runner in ("hadoop", "local"))
    assert ours["lines"] == theirs["lines"]
    assert len(ours["lines"]) > 1


def test_input_on_hdfs_and_output_kept_there(mrjob, tmp_path):
    stored = tmp_path / "dfs" / "data"
    stored.mkdir(parents=True)
    (stored / "poem.txt").write_bytes(Path(POEMS[0]).read_bytes())
    job = "mrjob.examples.mr_wc:MRWordCountUtility"
    ours = answer(mrjob(job, "hadoop", "--output-dir", "hdfs:///data/counted", "hdfs:///data/*.txt"))
    assert ours["lines"] == answer(mrjob(job, "local", POEMS[0]))["lines"]
    assert (stored / "counted" / "_SUCCESS").exists()


def test_a_failure_is_explained_with_its_traceback(mrjob):
    ended = mrjob("mrjob.examples.mr_boom:MRBoom", "hadoop", *POEMS)
    assert ended.returncode
    cause = ended.stderr.partition("Probable cause of failure:")[2]
    assert "PipeMapRed.waitOutputThreads(): subprocess failed with code 1" in cause
    assert "Exception: BOOM" in cause


def test_what_needs_java_is_refused_by_name(mrjob):
    ended = mrjob("mrjob.examples.mr_nick_nack:MRNickNack", "hadoop", *POEMS)
    assert ended.returncode
    assert "nicknack.MultipleValueOutputFormat" in ended.stderr
    ended = mrjob("mrjob.examples.mr_jar_step_example:MRJarStepExample", "hadoop", POEMS[0])
    assert ended.returncode
    assert "not a jar of Hadoop Streaming" in ended.stderr

"""Jobs as filters: python job.py map|combine|reduce (streamtools.api.job, main, filters, stages, streams, failures)."""

import subprocess
import sys
import textwrap

import pytest


@pytest.fixture
def run(tmp_path):
    """Run a stage of a job, whose functions are given, as a filter."""

    def run(body: str, *words: str, stdin: str = "", options: str = "value=int", **environment: str):
        source = f"import sys\nfrom streamtools import Job\njob = Job({options})\n{textwrap.dedent(body)}\njob.main()\n"
        (tmp_path / "job.py").write_text(source)
        return subprocess.run(
            [sys.executable, "job.py", *words],
            input=stdin, capture_output=True, text=True, cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", **environment},
        )  # fmt: skip

    return run


WORDS = """
@job.map
def words(line):
    for word in line.split():
        yield word, 1

@job.reduce(combine=True)
def total(word, counts):
    yield word, sum(counts)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "body, words, stdin, stdout",
    [
        (WORDS, ["map"], "to be or\n\nto", "to\t1\nbe\t1\nor\t1\nto\t1\n"),
        (WORDS, ["reduce"], "be\t1\nto\t1\nto\t2\n", "be\t1\nto\t3\n"),
        (WORDS, ["combine"], "be\t1\nto\t1\nto\t2\n", "be\t1\nto\t3\n"),
        (WORDS, ["map"], "", ""),
        ("@job.map_task\ndef m(lines): yield 'lines', sum(1 for line in lines)", ["map"], "a\nb\n", "lines\t2\n"),
        ("@job.reduce_task\ndef r(groups): yield max((sum(n), k) for k, n in groups)[::-1]", ["reduce"],
         "a\t1\nb\t1\nb\t1\n", "b\t2\n"),
        ("@job.reduce\ndef r(key, values): yield key, next(values)", ["reduce"], "a\t1\na\t2\nb\t3\n", "a\t1\nb\t3\n"),
        ("@job.reduce\ndef r(key, values): yield key, 0", ["reduce"], "a\t1\na\t2\nb\t3\n", "a\t0\nb\t0\n"),
        ("@job.reduce\ndef r(key, values): return [(key, len(list(values)))]", ["reduce"], "a\t1\na\t2\n", "a\t2\n"),
        ("from streamtools.reducers.totals import sum_values\njob.reduce_with(sum_values)", ["reduce"],
         "a\t1\na\t2\n", "a\t3\n"),
        ("from streamtools.reducers.picking import top\njob.reduce_with(top, size=1)", ["reduce"],
         "a\t1\nb\t2\n", "b\t2\n"),
        ("job.option('--most', type=int, default=1)\n@job.map\ndef m(line): yield line, job.options.most",
         ["map", "--most", "7"], "a\n", "a\t7\n"),
    ],
)  # fmt: skip
def test_stages(run, body, words, stdin, stdout):
    done = run(body, *words, stdin=stdin)
    assert (done.stdout, done.stderr, done.returncode) == (stdout, "", 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options, body, words, stdin, stdout",
    [
        ("line=(str, int), value=int", "@job.map\ndef m(user, n): yield user, n + 1", ["map"], "a\t1\n", "a\t2\n"),
        ("line=(str, int), value=int", "@job.map\ndef m(row): yield row", ["map"], "a\t1\n", "a\t1\n"),
        ("line=int, key=int, value=int", "@job.map\ndef m(n): yield n, 2 * n", ["map"], "3\n", "3\t6\n"),
        ("key=(str, int), group=1", "@job.reduce\ndef r(u, visits): yield u, ' '.join(f'{t}:{s}' for t, s in visits)",
         ["reduce"], "a\t1\tx\na\t2\ty\nb\t1\tz\n", "a\t1:x 2:y\nb\t1:z\n"),
        ("key=(str, int, int), group=2", "@job.reduce\ndef r(key, values): yield key, str([v for v in values])",
         ["reduce"], "a\t1\t2\tx\n", "a\t1\t[(2, 'x')]\n"),
        ("line=bytes, key=bytes, value=bytes", "@job.map\ndef m(line): yield line[:1], line[1:]",
         ["map"], "abc\n", "a\tbc\n"),
        ("value=int, out=(int, str)", "@job.reduce\ndef r(key, values): yield sum(values), key",
         ["reduce"], "a\t1\n", "1\ta\n"),
    ],
)  # fmt: skip
def test_types(run, options, body, words, stdin, stdout):
    done = run(body, *words, stdin=stdin, options=options)
    assert (done.stdout, done.stderr, done.returncode) == (stdout, "", 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options, body, words, stdin, status, said",
    [
        ("value=int", WORDS, ["reduce"], "a\t1\nb\tx\n", 65, "stdin:2: the value 'x' is not an int, in 'b\\tx'"),
        ("value=int", WORDS, ["reduce"], "a\t1_0\n", 65, "the value '1_0' is not an int"),
        ("line=(str, int)", "@job.map\ndef m(a, b): yield a, b", ["map"], "a\t1\nb\n", 65,
         "stdin:2: the line has 1 field instead of (str, int), in 'b'"),
        ("", "@job.map\ndef m(line): return None", ["map"], "a\n", 65, "yield pairs"),
        ("", "@job.map\ndef m(line): yield line", ["map"], "ab\n", 65, "needs pairs of a key and a value, not 'ab'"),
        ("", "@job.combine\ndef c(key, values): yield key + 'x', ''", ["combine"], "a\t1\n", 65,
         "changes the key 'a' to 'ax'"),
        ("", "@job.combine\ndef c(key, values): return key, '2'", ["combine"], "be\t1\n", 65,
         "needs pairs of a key and a value, not 'be'; yield key, value"),
        ("", "@job.map\ndef m(line): yield line, line.no", ["map"], "a\nb\n", 1, "stdin:1: failed at 'a'"),
        ("", "@job.map\ndef m(line): sys.exit('enough')", ["map"], "a\n", 1, "enough"),
        ("", "kept = []\n@job.reduce\ndef r(k, v):\n    kept.append(v)\n    yield k, next(kept[0])", ["reduce"],
         "a\t1\na\t2\nb\t1\n", 65, "the values of a key were kept beyond it"),
        ("", "@job.map('a*')\ndef m(line): yield line, ''", ["map"], "x\n", 64, "--input-name NAME"),
        ("", "@job.map('a*')\ndef m(line): yield line, ''", ["map", "--input-name", "b"], "x\n", 64,
         "b: no mapper is for this input (a*)"),
        ("", "", ["map"], "x\n", 64, "the job has no mapper"),
        ("", WORDS, ["map", "log"], "x\n", 64, "unknown option or argument"),
        ("", "job.option('--most', required=True)\n" + WORDS, ["map"], "x\n", 64, "--most: missing option of the job"),
    ],
)  # fmt: skip
def test_failures(run, options, body, words, stdin, status, said):
    done = run(body, *words, stdin=stdin, options=options)
    assert said in done.stderr and done.returncode == status and done.stdout == ""


@pytest.mark.slow
def test_a_traceback_has_the_frames_of_the_user_only(run):
    body = "def length(line):\n    return len(line) / 0\n@job.map\ndef m(line):\n    yield line, length(line)"
    done = run(body, "map", stdin="a\nb\n", mapreduce_map_input_file="file:/data/log.tsv")
    place, head, *frames, last = done.stderr.splitlines()
    assert place == "job.py map: /data/log.tsv:1: failed at 'a'" and head.startswith("Traceback")
    assert last == "ZeroDivisionError: division by zero"
    assert [frame.split(", in ")[1] for frame in frames if frame.startswith("  File")] == ["m", "length"]


@pytest.mark.slow
def test_a_traceback_tells_the_cause(run):
    body = """
    import json
    @job.map
    def m(line):
        try:
            yield line, json.loads(line)
        except ValueError as error:
            raise LookupError('no JSON') from error
    """
    lines = run(body, "map", stdin="{\n").stderr.splitlines()
    assert [line for line in lines if "Error: " in line] == [
        "json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        "LookupError: no JSON",
    ]
    assert "The above exception was the direct cause of the following exception:" in lines
    frames = [line.strip().partition(", line")[0] for line in lines if line.startswith("  File")]
    assert len(frames) == 2 and len(set(frames)) == 1 and frames[0].endswith('job.py"')


@pytest.mark.slow
def test_bad_records_can_be_skipped(run):
    done = run(WORDS, "reduce", stdin="a\t1\na\tx\nb\ty\nc\t2\n", options='value=int, on_error="skip"')
    assert done.stdout == "a\t1\nc\t2\n"
    assert "streamtools, Skipped records: 2" in done.stderr and "first skipped record: stdin:2" in done.stderr


@pytest.mark.slow
def test_what_is_printed_goes_to_stderr_with_one_warning(run):
    body = """
    import os
    print('early')
    @job.map
    def m(line):
        print('in', line)
        os.system('echo sub')
        yield line, 1
    """
    done = run(body, "map", stdin="a\nb\n")
    assert done.stdout == "a\t1\nb\t1\n"
    assert sorted(set(done.stderr.splitlines()))[:3] == ["early", "in a", "in b"]
    assert done.stderr.count("yield what belongs there") == 1 and done.stderr.count("sub") == 2


@pytest.mark.slow
def test_counters_and_status_have_hadoops_form_in_a_task(run):
    body = "@job.map\ndef m(line):\n    job.count('my', 'lines')\n    job.status('busy')\n    yield job.input_name, 1"
    done = run(body, "map", stdin="a\nb\n", mapreduce_task_attempt_id="1", mapreduce_map_input_file="file:/data/x")
    assert done.stdout == "/data/x\t1\n" * 2
    assert done.stderr == "reporter:status:busy\n" * 2 + "reporter:counter:my,lines,2\n"


@pytest.mark.slow
def test_the_help_shows_docstring_stages_and_options(run):
    done = run("job.option('--most', type=int, default=3, help='how many')\n" + WORDS, "--help")
    assert "reduce   total" in done.stdout and "--most INT" in done.stdout and done.returncode == 0


@pytest.mark.slow
def test_a_filter_imports_neither_click_nor_the_launcher(run):
    body = "@job.map\ndef m(line):\n    yield ' '.join(sys.modules), 1"
    loaded = run(body, "map", stdin="a\n").stdout.split()
    assert "streamtools.api.loops" in loaded
    assert not {"click", "streamtools.launch", "streamtools.local", "json", "inspect", "argparse"} & set(loaded)


def test_the_name_of_the_input_is_that_of_the_option(run):
    body = "@job.map_task\ndef names(lines):\n    yield job.input_name, 1\n"
    assert run(body, "map", "--input-name", "books/a.txt").stdout == "books/a.txt\t1\n"

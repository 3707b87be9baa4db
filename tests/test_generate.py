"""sample_data/generate.py: the same log for the same options, in all formats, and errors as the tools have them."""

import os

import pytest
from places import SAMPLE

GENERATE = SAMPLE / "generate.py"
SMALL = f"{GENERATE} --rows 2_000 --users 50"


@pytest.mark.parametrize("table, name", [("log", "adlog.tsv"), ("sites", "sites.tsv")])
def test_the_sample_is_what_it_makes_without_options(shell, table, name):
    assert shell(f"{GENERATE} --table {table}").stdout == (SAMPLE / name).read_bytes()


def test_a_log(shell):
    rows = [line.split(b"\t") for line in shell(SMALL).stdout.split(b"\n")[:-1]]
    assert len(rows) == 2000 and {len(row) for row in rows} == {6}
    assert len({row[1] for row in rows}) == 50
    assert shell(f"{SMALL} --seed 2").stdout != shell(SMALL).stdout


@pytest.mark.parametrize("suffix", ["tsv", "gz", "bz2", "xz", "zst", "7z"])
def test_formats_by_suffix(shell, suffix):
    done = shell(f"{SMALL} -o log.{suffix} && ls && st-cat log.{suffix}")
    listed, _, decoded = done.stdout.partition(b"\n")
    assert (listed, decoded, done.stderr) == (b"log." + suffix.encode(), shell(SMALL).stdout, b"")
    assert suffix == "tsv" or shell(f"head -c 3 log.{suffix}").stdout != decoded[:3]


@pytest.mark.parametrize(
    "options, status, told",
    [
        ("-o log.lz4", os.EX_USAGE, "no format is known by .lz4; give one with --format; try"),
        ("--format 7z", os.EX_USAGE, "a 7z archive cannot be written to a pipe; name a file with -o; try"),
        ("--rows many", os.EX_USAGE, "Invalid value for '--rows'"),
        ("--users 0", os.EX_USAGE, "Invalid value for '--users'"),
        ("-o no/log.tsv", os.EX_CANTCREAT, "no/log.tsv: cannot write the output"),
        ("-o .", os.EX_CANTCREAT, ".: is a directory"),
        *((f"--format {name} -o /dev/full", os.EX_IOERR, "output: no space left") for name in ("plain", "xz", "7z")),
    ],
)
def test_errors_in_one_line_that_leave_nothing(shell, options, status, told):
    done = shell(f"{SMALL} {options}")
    assert (done.returncode, done.stderr.count(b"\n")) == (status, 1)
    assert done.stderr.decode().startswith(f"generate.py: {told}")
    assert shell("ls -A").stdout == b""


def test_a_reader_that_goes_away_ends_it_by_sigpipe(shell):
    done = shell(f"{GENERATE} --rows 1_000_000 | head -1 | wc -l; echo ${{PIPESTATUS[0]}}")
    assert (done.stdout, done.stderr) == (b"1\n141\n", b"")

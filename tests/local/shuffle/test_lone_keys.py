"""streamtools.local.shuffle.lone_keys: a mapper that prints no TAB is told of."""

import pytest

OF_UNIQ = "-mapper cat -reducer uniq"
SCRIPT = "-mapper cat -reducer reduce.py"
JOBS = {  # options, input -> what is said
    (SCRIPT, b"a\nb\nb\n"): ["-mapper: all 3 lines lack a TAB, so the whole line is the key; print key\\tvalue"],
    (f"-D stream.map.output.field.separator=, {SCRIPT}", b"a\tb\n"): [
        "-mapper: all 1 lines lack ',', so the whole line is the key; print key\\tvalue"
    ],
    (SCRIPT, b"a\nb\t1\n"): [],
    (f"-D stream.num.map.output.key.fields=2 {SCRIPT}", b"a\t1\nb\t2\n"): [],
    (SCRIPT, b""): [],
    (OF_UNIQ, b"a\nb\n"): [],
    ("-D mapreduce.job.reduces=0 -mapper cat", b"a\n"): [],
}


@pytest.mark.parametrize("options, data", JOBS)
def test_lines_without_values(run_job, folder, options, data):
    (folder / "reduce.py").write_text("#!/usr/bin/env python3\nimport sys\nprint(sys.stdin.read(), end='')\n")
    (folder / "reduce.py").chmod(0o755)
    assert run_job(f"{options.partition(' -mapper')[0] if options.startswith('-D') else ''} -input i"
                   f" -mapper{options.partition('-mapper')[2]}", i=data).said == JOBS[options, data]  # fmt: skip


def test_of_many_lines_the_first_are_looked_at(run_job, folder):
    (folder / "reduce.py").write_text("#!/usr/bin/env python3\nimport sys\nprint(len(sys.stdin.read()))\n")
    (folder / "reduce.py").chmod(0o755)
    data = b"".join(b"%06d\n" % number for number in range(20_000))
    (told,) = run_job(f"-input i {SCRIPT}", i=data).said
    assert " of 20,000 lines looked at, all lack a TAB" in told

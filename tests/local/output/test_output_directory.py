"""streamtools.local.output.output_directory: nothing is in the output before its task, and success comes last."""

import os

import pytest

from streamtools.job import Refused, build_job, parse
from streamtools.local.output.output_directory import OutputDirectory

BASIC = ["-input", "in", "-output", "out", "-mapper", "cat"]


def make(*options):
    directory = OutputDirectory(build_job(parse([*options, *BASIC])), os.path.abspath("out"))
    directory.claim()
    directory.create()
    return directory


def write(directory, attempt, *names):
    for name in names:
        path = os.path.join(directory.make_attempt(attempt), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(attempt)


def files():
    return sorted(
        os.path.relpath(os.path.join(where, name), "out") for where, _, names in os.walk("out") for name in names
    )


def test_output_appears_with_the_commit(folder):
    directory = make()
    write(directory, "attempt_0", "part-00000", "side/a")
    write(directory, "attempt_1", "part-00001", "side/b")
    assert sorted(os.listdir("out")) == ["_temporary"]
    moved = directory.commit_task("attempt_0") + directory.commit_task("attempt_1")
    assert [os.path.relpath(path, "out") for path in moved] == ["part-00000", "side/a", "part-00001", "side/b"]
    directory.end(succeeded=True)
    assert files() == ["_SUCCESS", "part-00000", "part-00001", "side/a", "side/b"]
    assert [os.path.basename(path) for path in directory.parts()] == ["part-00000", "part-00001"]


def test_what_an_aborted_attempt_wrote_goes(folder):
    directory = make()
    write(directory, "attempt_0", "part-00000")
    write(directory, "attempt_1", "part-00000")
    directory.abort_task("attempt_0")
    directory.commit_task("attempt_1")
    directory.end(succeeded=True)
    assert (folder / "out/part-00000").read_text() == "attempt_1"


@pytest.mark.parametrize(("version", "left"), [("1", []), ("2", ["part-00000"])])
def test_what_a_failed_job_leaves(folder, version, left):
    directory = make("-D", f"mapreduce.fileoutputcommitter.algorithm.version={version}")
    write(directory, "attempt_0", "part-00000")
    directory.commit_task("attempt_0")
    directory.end(succeeded=False)
    assert files() == left


def test_the_mark_of_success_can_be_turned_off(folder):
    make("-D", "mapreduce.fileoutputcommitter.marksuccessfuljobs=false").end(succeeded=True)
    assert files() == []


def test_an_existing_directory_is_refused_but_not_to_resume(folder):
    directory = make()
    with pytest.raises(Refused, match="already exists"):
        directory.check()
    directory.check(resumes=True)


def test_parts_that_were_not_recorded_are_removed(folder):
    directory = make()
    for name in ("part-00000", "part-00001", "other"):
        (folder / "out" / name).touch()
    directory.remove_parts_but([str(folder / "out/part-00001")])
    assert files() == ["other", "part-00001"]


def test_a_directory_that_cannot_be_made_is_refused(folder):
    (folder / "out").write_text("a file")
    below = OutputDirectory(build_job(parse(BASIC)), os.path.abspath("out/below"))
    with pytest.raises(Refused, match="Mkdirs failed to create"):
        below.claim()


def claim(**options):
    directory = OutputDirectory(build_job(parse(BASIC)), os.path.abspath("out"))
    directory.check(resumes=True)  # as if it was not there yet
    directory.claim(**options)
    return directory


def test_of_two_jobs_that_found_no_directory_one_gets_it(folder):
    winner = make()
    for options in ({}, {"resumes": True}, {"resumes": True, "is_ours": True}):  # the last: its lock is held
        with pytest.raises(Refused, match="already exists") as refused:
            claim(**options)
        assert refused.value.exit_code == 5
    write(winner, "attempt_0", "part-00000")
    winner.commit_task("attempt_0")
    winner.end(succeeded=True)
    assert files() == ["_SUCCESS", "part-00000"]
    claim(resumes=True, is_ours=True)  # the lock ended with the job


def test_a_run_that_resumes_takes_an_empty_directory_but_not_one_that_is_not_its_own(folder):
    os.mkdir("out")
    with pytest.raises(Refused, match="already exists"):
        claim()
    claim(resumes=True).end(succeeded=True)
    with pytest.raises(Refused, match="already exists"):
        claim(resumes=True)


@pytest.mark.parametrize(("version", "left"), [(1, []), (2, ["part-00001"])])
def test_a_failed_job_leaves_what_is_committed(run_job, version, left):
    option = f"-D mapreduce.fileoutputcommitter.algorithm.version={version}"
    ran = run_job(f"{option} -input bad,good -mapper 'grep -v x' -reducer NONE", bad=b"x\n" * 9, good=b"y\n")
    assert not ran.succeeded and sorted(ran.parts) == left

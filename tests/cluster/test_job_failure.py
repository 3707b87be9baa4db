"""Why a job failed, from what its client and its tasks wrote."""

import pytest

from streamtools.cluster.job_failure import explain_failure, explain_status, find_application, without_stack_frames

CLIENT = """\
2026-11-21 14:17:30,100 INFO mapreduce.Job: Running job: job_1795270552597_0002
2026-11-21 14:17:40,100 INFO mapreduce.Job: Task Id : attempt_1795270552597_0002_m_000003_1, Status : FAILED
Error: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code {code}
2026-11-21 14:17:46,753 ERROR streaming.StreamJob: Job not successful!
Streaming Command Failed!
"""
CONTAINER = """\
Container: container_1_01_000004 on host_1
LogAggregationType: AGGREGATED
==========================================
LogType:stderr
LogLastModifiedTime:Sat Nov 21 14:17:41 +0000 2026
LogLength:300
LogContents:
{stderr}
End of LogType:stderr
***********************************************

"""
TASK = "/data/usercache/ann/appcache/application_1_2/container_1_2_01_000004"
TRACEBACK = """\
Traceback (most recent call last):
  File "{folder}bad.py", line 4, in <module>
    print(parse(line))
          ^^^^^^^^^^^
ValueError: no number: b'u0006157'"""
LOG4J = "log4j:WARN No appenders could be found for logger\n2026-11-21 14:17:40,100 INFO [main] Task: done"


def logs(*stderr: str) -> str:
    return "".join(CONTAINER.format(stderr=text) for text in stderr)


def test_the_traceback_of_the_attempt_comes_with_the_files_own_names():
    failure = explain_failure(
        CLIENT.format(code=1), logs(LOG4J, f"hello\n{TRACEBACK.format(folder=TASK + '/')}\n{LOG4J}")
    )
    assert failure.details == TRACEBACK.format(folder="")
    assert failure.line == (
        "map task 3, attempt 1, failed: ValueError: no number: b'u0006157'; "
        "the command ended with status 1: it ended with an error of its own"
    )


def test_a_task_that_was_ended_for_another_ones_sake_is_not_shown():
    beside = 'Traceback (most recent call last):\n  File "<frozen getpath>", line 660, in <module>\nOSError: no path'
    failure = explain_failure(CLIENT.format(code=1), logs(beside, TRACEBACK.format(folder=TASK + "/")))
    assert failure.details == TRACEBACK.format(folder="")


def test_a_task_of_a_single_attempt_is_told_by_the_job():
    client = "Job job_1_0002 failed with state FAILED due to: Task failed task_1_0002_r_000001\nJob failed as tasks"
    assert explain_failure(client).line.startswith("reduce task 1 failed: ")


def test_without_a_traceback_the_commands_last_words_are_shown_and_javas_are_not():
    failure = explain_failure(CLIENT.format(code=127), logs(LOG4J, f"{LOG4J}\nbash: jq: command not found"))
    assert failure.details == "bash: jq: command not found"
    assert "status 127: a command was not found" in failure.line


def test_an_exception_that_another_led_to_is_shown_with_it():
    first, second = TRACEBACK.format(folder=""), TRACEBACK.format(folder="").replace("no number", "again")
    both = f"{first}\n\nDuring handling of the above exception, another exception occurred:\n\n{second}"
    assert explain_failure(CLIENT.format(code=1), logs(both)).details == both


def test_hadoops_local_mode_has_it_all_in_the_clients_output():
    client = TRACEBACK.format(folder="") + "\n" + CLIENT.format(code=1)
    assert explain_failure(client).details == TRACEBACK.format(folder="")


WITHOUT_A_KNOWN_REASON = [
    ("26/11/21 17:23:41 ERROR streaming.StreamJob: Unknown thing: x\nmore", "the job failed: Unknown thing: x"),
    ('Exception in thread "main" org.none.Strange: y', "org.none.Strange: y"),
    ("something else altogether", "unknown reason"),
]


@pytest.mark.parametrize("line, remedy", WITHOUT_A_KNOWN_REASON)
def test_what_is_not_known_is_shown(line, remedy):
    assert remedy in explain_failure(f"Error: x\n{line}\n").line


@pytest.mark.parametrize(
    "code, word", [(1, "error"), (126, "permission"), (137, "SIGKILL"), (200, "error"), (136, "SIGFPE")]
)
def test_codes_in_words(code, word):
    assert word in explain_status(code)


def test_the_application_is_that_of_the_last_job():
    assert find_application("Running job: job_1_0001\nRunning job: job_1_0002\n") == "application_1_0002"
    assert find_application("Submitted application application_7_0009\n") == "application_7_0009"
    assert find_application("nothing") == ""


def test_frames_of_java_are_left_out():
    lines = [b"Error: x\n", b"\tat org.apache.hadoop.Foo$Bar.<init>(Foo.java:1)\n", b"\t... 3 more\n", b"\tMap=1\n"]
    assert list(without_stack_frames(lines)) == [b"Error: x\n", b"\tMap=1\n"]

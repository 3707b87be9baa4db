"""Jobs of several steps, run here: results, what is kept and what goes, and how a run goes on."""

import os
import shlex
import subprocess
import sys

import pytest
from flows import CENTERS, RANKS, SCRIPTS, write_flows
from places import BIN, SAMPLE


@pytest.fixture
def flows(folder, monkeypatch):
    write_flows(folder)
    (folder / "text").write_text("b a b\na b c\n")
    monkeypatch.setenv("PATH", f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}")
    return folder


def st_run(words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(BIN / "st-run"), *shlex.split(words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=110)


def parts(folder) -> str:
    return "".join(path.read_text() for path in sorted(folder.glob("part-*")))


def hidden(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name[0] in "_.")


def left_in_work() -> list[str]:
    return [name for name in os.listdir(os.environ["TMPDIR"]) if name.startswith("st-")]


def test_most_used_word(flows):
    done = st_run("--job most-used.toml --set text=text -output out --report report.html")
    assert (done.returncode, done.stdout, parts(flows / "out")) == (0, "", "b\t3\n"), done.stderr
    assert (flows / "out/_SUCCESS").exists() and hidden(flows) == [] and left_in_work() == []
    page = (flows / "report.html").read_text()
    assert "step count" in page and "step top" in page and page.count("<h2>Counters</h2>") == 2


def test_most_used_words_of_the_sample_go_to_stdout(flows):
    done = st_run(f"--job most-used.toml --set text={SAMPLE / 'wheels.txt'} --set most=2 --quiet --stdout")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "round\t8\nthe\t5\n")
    assert hidden(flows) == [] and left_in_work() == []


def test_page_rank_converges_by_a_counter(flows):
    done = st_run("--job pagerank.toml --set graph=graph.tsv -output out --keep")
    assert (done.returncode, parts(flows / "out")) == (0, RANKS), done.stderr
    rounds = sorted(int(path.name) for path in (flows / "_out.steps/rank").iterdir())
    assert rounds == list(range(1, len(rounds) + 1)) and 10 < len(rounds) < 60
    assert f"step rank, round {len(rounds)}\n" in done.stderr


def test_steps_are_repeated_together(flows):
    done = st_run("--job kmeans.toml -input numbers -output out")
    assert (done.returncode, parts(flows / "out").replace("\t", "")) == (0, CENTERS), done.stderr
    rounds = [line for line in done.stderr.splitlines() if ", round " in line]
    assert rounds[:3] == [f"st-run: step {name}" for name in ("assign, round 1", "update, round 1", "assign, round 2")]
    assert rounds[-1].startswith("st-run: step update, round ") and hidden(flows) == [] and left_in_work() == []


def test_steps_that_are_repeated_together_go_on_where_they_failed(flows):
    (flows / "assign.py").write_text(f"open({str(flows / 'seen')!r}, 'a').write('x')\n{SCRIPTS['assign.py']}")
    stop = f"import os\nif os.path.getsize({str(flows / 'seen')!r}) == 2 and os.path.exists('stop'): os._exit(3)\n"
    (flows / "update.py").write_text(stop.replace("'stop'", repr(str(flows / "stop"))) + SCRIPTS["update.py"])
    (flows / "stop").touch()
    words = "-D mapreduce.job.maps=1 --job kmeans.toml -input numbers -output out"
    done = st_run(words)
    assert done.returncode == 1 and "step update, round 2 failed" in done.stderr, done.stderr
    done = st_run(f"{words} --step update")
    assert "--step update: is repeated together with assign; use --step assign" in done.stderr
    (flows / "stop").unlink()
    done = st_run(f"{words} --resume")
    assert (done.returncode, parts(flows / "out").replace("\t", "")) == (0, CENTERS), done.stderr
    steps = [line for line in done.stderr.splitlines() if ": step " in line]
    begin = ("init was done already", "update, round 2", "assign, round 3")
    assert steps[:3] == [f"st-run: step {each}" for each in begin]
    assert hidden(flows) == [] and left_in_work() == []


def test_a_mistyped_counter_is_told_after_the_first_round_which_is_kept(flows):
    text = (flows / "pagerank.toml").read_text()
    (flows / "pagerank.toml").write_text(text.replace("pagerank/changed", "pagerank/change"))
    words = "--job pagerank.toml --set graph=graph.tsv -output out"
    done = st_run(words)
    assert done.returncode == 64 and "round 1\n" in done.stderr and "round 2\n" not in done.stderr
    problem = "no task has counted pagerank/change; did you mean 'pagerank/changed'?"
    assert f"st-run: pagerank.toml:7: step rank: {problem}" in done.stderr, done.stderr
    (flows / "pagerank.toml").write_text(text.replace("most = 60", "most = 2"))
    done = st_run(f"{words} --resume")
    assert done.returncode == 0 and "round 1\n" not in done.stderr and "round 2\n" in done.stderr, done.stderr


WAITING = "#!/bin/sh\necho >begun\nread line <going\ncat\n"


def test_of_two_runs_the_second_ends_as_if_the_output_were_there(flows):
    (flows / "flow.toml").write_text("[[step]]\nmapper = 'sh wait.sh'\nreducer = 'NONE'\n")
    (flows / "wait.sh").write_text(WAITING.replace("begun", f"{flows}/begun").replace("going", f"{flows}/going"))
    for name in ("begun", "going"):
        os.mkfifo(name)
    words = "-D mapreduce.job.maps=1 --job flow.toml -input text -output out"
    command = [sys.executable, str(BIN / "st-run"), *shlex.split(words)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as first:
        (flows / "begun").read_text()
        for more in ("", " --resume", " --from step-1"):
            done = st_run(words + more)
            message = "Error Launching job : Output directory out already exists: another st-run is writing it; wait"
            assert done.returncode == 5 and message in done.stderr, done.stderr
            assert done.stderr.endswith("Streaming Command Failed!\n")
        (flows / "going").write_text("x\n")
        assert first.stderr and first.stderr.read() and first.wait() == 0
    assert parts(flows / "out") == "b a b\t\na b c\t\n" and left_in_work() == []


def test_at_most_so_many_rounds(flows):
    text = (flows / "pagerank.toml").read_text().replace("most = 60", "most = 2")
    (flows / "pagerank.toml").write_text(text)
    done = st_run("--job pagerank.toml --set graph=graph.tsv -output out")
    assert "st-run: step rank: ended after 2 rounds, before pagerank/changed == 0\n" in done.stderr
    assert done.returncode == 0 and hidden(flows) == []


def test_a_failed_step_is_tried_again_and_what_is_done_is_not(flows):
    (flows / "top.py").write_text("import sys\nsys.exit(3)\n")
    text = (flows / "most-used.toml").read_text().replace("st-reduce top -n {{most}}", "python3 top.py")
    (flows / "flow.toml").write_text(text)
    words = "--job flow.toml --set text=text -output out"
    done = st_run(words)
    assert done.returncode == 1 and done.stderr.endswith("Streaming Command Failed!\n")
    assert "1 step is kept in _out.steps; continue with the same command and --resume" in done.stderr
    assert not (flows / "out").exists()
    (flows / "top.py").write_text("print('ok')\n")
    done = st_run(f"{words} --resume")
    assert (done.returncode, parts(flows / "out")) == (0, "ok\t\n"), done.stderr
    assert "step count was done already" in done.stderr
    assert "1 of 1 map tasks were done already" in done.stderr or "2 of 2 map tasks were done already" in done.stderr
    assert hidden(flows) == [] and left_in_work() == []


def test_resume_runs_a_step_again_whose_input_or_script_has_changed(flows):
    text = (flows / "most-used.toml").read_text().replace("st-reduce top -n {{most}}", "false")
    (flows / "flow.toml").write_text(text)
    assert st_run("--job flow.toml --set text=text -output out").returncode == 1
    (flows / "text").write_text("c c c c\n")
    (flows / "flow.toml").write_text((flows / "most-used.toml").read_text())
    done = st_run("--job flow.toml --set text=text -output out --resume")
    assert (done.returncode, parts(flows / "out")) == (0, "c\t4\n"), done.stderr
    assert "was done already" not in done.stderr


def test_a_repetition_goes_on_from_its_last_round(flows):
    rank = (flows / "rank.py").read_text()
    (flows / "rank.py").write_text(f"import os, sys\nif os.path.exists({str(flows / 'stop')!r}): sys.exit(1)\n{rank}")
    words = "--job pagerank.toml --set graph=graph.tsv -output out"
    text = (flows / "pagerank.toml").read_text()
    (flows / "pagerank.toml").write_text(text.replace("most = 60", "most = 3").replace("python3 show.py", "false"))
    assert st_run(words).returncode == 1
    (flows / "pagerank.toml").write_text(text.replace("most = 60", "most = 5"))
    done = st_run(f"{words} --resume")
    assert done.returncode == 0 and hidden(flows) == [], done.stderr
    assert "round 3\n" not in done.stderr and "round 4\n" in done.stderr and "round 5\n" in done.stderr


def test_a_new_run_removes_what_a_failed_one_has_kept(flows):
    text = (flows / "most-used.toml").read_text().replace("st-reduce top -n {{most}}", "false")
    (flows / "flow.toml").write_text(text)
    assert st_run("--job flow.toml --set text=text -output out").returncode == 1
    done = st_run("--job most-used.toml --set text=text -output out")
    assert "_out.steps: removed count of an earlier run; --resume would have kept that" in done.stderr
    assert (done.returncode, parts(flows / "out")) == (0, "b\t3\n")


def test_one_step_and_the_rest(flows):
    words = "--job most-used.toml --set text=text -output out"
    done = st_run(f"{words} --step top")
    assert (done.returncode, hidden(flows)) == (64, [])
    assert "step top: reads step count, which is not done; run --step count first" in done.stderr
    assert st_run(f"{words} --step count").returncode == 0
    assert not (flows / "out").exists() and sorted(os.listdir("_out.steps")) == ["count", "steps.json"]
    done = st_run(f"{words} --from top")
    assert (done.returncode, parts(flows / "out"), hidden(flows)) == (0, "b\t3\n", []), done.stderr
    done = st_run(f"{words} --step nosuch")
    assert "--step nosuch: most-used.toml has no such step; use one of count, top" in done.stderr


def test_overwrite_replaces_the_output_when_all_is_done(flows):
    words = "--job most-used.toml --set text=text -output out --quiet"
    assert st_run(words).returncode == 0
    done = st_run(words)
    assert done.returncode == 5 and "out already exists; name another, or add --overwrite" in done.stderr
    assert st_run(f"{words} --overwrite --set most=2").returncode == 0
    assert parts(flows / "out").split() == ["b", "3", "a", "2"] and hidden(flows) == []


def test_the_output_of_a_step_is_a_file_of_another(flows):
    (flows / "flow.toml").write_text(
        "[[step]]\nname = 'stop'\nmapper = 'cut -c1'\nreducer = 'cat'\n"
        "[[step]]\nname = 'out'\ninput = 'text'\nmapper = 'wc -l words/part-00000'\nreducer = 'NONE'\n"
        "files = { from = 'stop', as = 'words' }\n"
    )
    (flows / "in").write_text("c\n")
    done = st_run("-D mapreduce.job.maps=1 --job flow.toml -input in -output out")
    assert (done.returncode, parts(flows / "out")) == (0, "1 words/part-00000\t\n"), done.stderr


def test_a_dry_run_prints_commands_that_do_the_same(flows):
    done = st_run("--dry-run --job most-used.toml --set text=text -output out")
    assert done.stderr == "" and len(done.stdout.splitlines()) == 4
    subprocess.run(["bash", "-ec", done.stdout.replace("st-run ", "st-run --quiet ")], check=True, timeout=110)
    assert parts(flows / "out") == "b\t3\n" and hidden(flows) == []
    dry = st_run("--dry-run --job pagerank.toml --set graph=graph.tsv -output out2").stdout
    assert "# step rank: repeated until pagerank/changed == 0, at most 60 times\n" in dry
    assert "# the second round, and so on:\n" in dry and "-input _out2.steps/rank/1 -output _out2.steps/rank/2" in dry
    assert "-input _out2.steps/rank/60 -output _out2.steps/show" in dry


REFUSED = [
    ("--job most-used.toml -output out", "most-used.toml:4: parameter 'text' has no value"),
    ("--job most-used.toml --set text=text", "most-used.toml: has no output; give -output DIR"),
    ("--job most-used.toml --set text=text -output out -mapper cat", "-mapper: belongs to a step"),
    ("--job most-used.toml --set text=text -output out -background", "each step waits for the one before"),
    ("--job most-used.toml --set text=text -output out --on emr", "--on emr: cannot run several steps"),
    ("--job most-used.toml --set text=text -output out --skip-bad 1", "add --keep"),
    ("--job most-used.toml --set text=text -output out --step top --from top", "--step: cannot be used with --from"),
    ("--job most-used.toml --set text=text -output out --secondary-sort 2", "write secondary-sort into the file"),
    ("--job nosuch.toml", "nosuch.toml: no such file or directory"),
    ("--job broken.toml -input text -output out", 'broken.toml:3: -mapper: Cannot run program "nosuchprogram"'),
    ("--job late.toml -input text -output out", "late.toml:3: step 'b': Input path does not exist: file:"),
    ("--job most-used.toml --set text=text -output out --report no/page", "there is no directory no"),
    ("--keep -input text -output out", "--keep: needs a job of several steps"),
]


@pytest.mark.parametrize("words, message", REFUSED)
def test_refused_before_any_step(flows, words, message):
    (flows / "broken.toml").write_text("[[step]]\nmapper='cat'\n[[step]]\nname='b'\nmapper='nosuchprogram'\n")
    (flows / "late.toml").write_text("[[step]]\nmapper='cat'\n[[step]]\nname='b'\nmapper='cat'\ninput='nosuch'\n")
    done = st_run(words)
    assert message in done.stderr, done.stderr
    assert done.returncode != 0 and "Traceback" not in done.stderr
    assert hidden(flows) == [] and not (flows / "out").exists() and left_in_work() == []


def test_the_help_of_a_file(flows):
    done = st_run("--job most-used.toml --help")
    assert done.returncode == 0 and "text  path of the text  [string, required]" in done.stdout

"""A stage of a job, run: a command in a process, or one of our own tools in this one."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from streamtools.formats.batch import Batch, SameValue
from streamtools.formats.text_lines import read_line_blocks
from streamtools.job import Job
from streamtools.local.stages.feeds import Feed
from streamtools.local.stages.patience import Patience
from streamtools.local.stages.process import Rules, run, status_failure, timeout_failure
from streamtools.local.stages.program import check, find_program
from streamtools.local.stages.stderr import Listener
from streamtools.reporter import BadRecord, Reporter
from streamtools.stage import InProcessStage, Overdue, StageFailed

Builtin = Callable[[list[str], str, Reporter], InProcessStage | None]  # words, path of the program, reporter


def no_builtin(_words: list[str], _path: str, _reporter: Reporter) -> None:
    """Run no command in this process."""


@dataclass(frozen=True)
class StageRunner:
    """Runs the commands of one attempt at a task.

    builtin: returns the stage for a command line that is one of our own tools, None for any other command.
    source: the name of the input in messages about records.
    feeds: what the stdin of each role passes through, in order.
    """

    job: Job
    environment: dict[str, str]
    builtin: Builtin
    listen: Listener
    source: str
    feeds: tuple[Feed, ...] = ()
    patience: Patience = field(init=False, repr=False, compare=False)
    found: dict[str, tuple[InProcessStage | None, Reporter]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "patience", Patience(self.job.properties.tasks.timeout))

    def run(self, role: str, command: str, stdin: Iterable[bytes], *, is_text: bool) -> Iterator[bytes]:
        """Yield what a command prints when it is fed `stdin`. is_text: it reads and writes lines of text.

        Raises NotRunnable, CommandFailed, and StreamtoolsError of our own tools.
        """
        for feed in self.feeds:
            stdin = feed(role, stdin)
        if is_text and self.find_builtin(command):
            stage, reporter = self.found.pop(command)
            assert stage
            yield from self._run_stage(role, command, stage, reporter, stdin)
            self.listen([line.encode() for line in reporter.hadoop_lines()])
            return
        yield from self.run_command(role, command, stdin)

    def _run_stage(
        self, role: str, command: str, stage: InProcessStage, reporter: Reporter, stdin: Iterable[bytes]
    ) -> Iterator[bytes]:
        """Yield what a stage makes of `stdin`. Raises CommandFailed if it fails as a command does."""
        fed = 0

        def feed() -> Iterator[bytes]:
            nonlocal fed
            for block in self.patience.feed(stdin):
                fed += len(block)
                yield block

        try:
            yield from self.patience.watch(stage(feed()), reporter)
        except BadRecord as error:
            error.role = role
            raise
        except Overdue:
            raise timeout_failure(role, self.patience.seconds, fed) from None
        except StageFailed as failed:
            self.listen([os.fsencode(line) for line in failed.lines])
            if isinstance(failed.error, Overdue):
                raise timeout_failure(role, self.patience.seconds, fed) from None
            if failed.status and not rules_of(self.job, role).any_status:
                program = find_program(command, self.search_path)
                raise status_failure(role, program, failed.status, fed) from None

    def run_keys(self, role: str, command: str, stdin: Iterable[bytes]) -> Iterator[Batch] | None:
        """Return the records of one of our own tools, if they all have one value; None for any other command.

        The command has to read lines of text, and the records are those that lines of text are read as.
        """
        stage = self.find_builtin(command)
        if not (stage and stage.keys) or any(byte in stage.value for byte in b"\t\r\n"):
            return None
        _, reporter = self.found.pop(command)
        for feed in self.feeds:
            stdin = feed(role, stdin)
        return self._read_keys(role, stage.keys(stdin), stage.value, reporter)

    def _read_keys(self, role: str, lists: Iterable[list[bytes]], value: bytes, reporter: Reporter) -> Iterator[Batch]:
        try:
            for keys in lists:
                batch = SameValue(keys, value)
                if b"\r" in batch.text:  # it ends a line in what a command prints
                    yield from read_line_blocks([batch.to_block()])
                else:
                    yield batch
        except BadRecord as error:
            error.role = role
            raise
        self.listen([line.encode() for line in reporter.hadoop_lines()])

    def run_command(self, role: str, command: str, stdin: Iterable[bytes], timeout: float = 0) -> Iterator[bytes]:
        """Yield what a command prints in a process of its own. timeout: in seconds, 0 for that of the job."""
        program = check(role, command, self.search_path)
        rules = rules_of(self.job, role)
        rules = rules._replace(timeout=timeout) if timeout else rules
        return run(role, program, self.environment, stdin, self.listen, rules)

    def find_builtin(self, command: str) -> InProcessStage | None:
        """Return the stage of a command that is one of our own tools, else None.

        It is made on the first call, which for a user's Job runs the file, and used up by a run, as it may keep
        something.
        """
        if command not in self.found:
            reporter = Reporter(self.source, listen=self._listen_to_stage)
            self.found[command] = self._make_stage(command, reporter), reporter
        return self.found[command][0]

    def _make_stage(self, command: str, reporter: Reporter) -> InProcessStage | None:
        program = find_program(command, self.search_path)
        if not program.path:
            return None
        os.environ.update(self.environment)  # this process has no other task
        return self.builtin(program.words, program.path, reporter)

    def _listen_to_stage(self, lines: list[bytes]) -> None:
        self.patience.listen()
        self.listen(lines)

    @property
    def search_path(self) -> str:
        """The PATH of the environment."""
        return self.environment.get("PATH", "")


def rules_of(job: Job, role: str) -> Rules:
    """Return when a command of a role counts as failed."""
    tasks = job.properties.tasks
    return Rules(
        any_status=tasks.may_exit_nonzero,
        enough_lines=tasks.records_to_leave_input_unread if role == "mapper" else None,
        timeout=tasks.timeout,
        join_delay=tasks.join_delay,
    )

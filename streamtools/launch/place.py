"""The options of a job that goes to a cluster, as one value."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from streamtools.cluster.script_checks import Parse
from streamtools.cluster.shipment.needs import Needs, Nodes
from streamtools.cluster.shipment.staging import Shipment
from streamtools.job import Job
from streamtools.local.reporting.history import History

Say = Callable[[str], object]  # shows a line to the user on stderr


@dataclass(frozen=True)
class ClusterOptions:
    """Where the cluster is, and what its nodes have. Empty strings stand for options that are not given.

    hadoop: the hadoop command or its home; cluster: the id of a cluster of EMR or Dataproc; upload: a folder on S3;
    wait: follow an EMR step to its end; region: of the Dataproc cluster; stage: the directory to write shipped files
    to, instead of a temporary one. parse: understands the words of one of our own tools, to check them.
    """

    nodes: Nodes = field(default_factory=Nodes)
    hadoop: str = ""
    cluster: str = ""
    upload: str = ""
    wait: bool = False
    region: str = ""
    stage: str = ""
    parse: Parse | None = None


class Handed(NamedTuple):
    """How a job ended that was handed over. counters: None if the place does not tell them."""

    status: int
    counters: Mapping[tuple[str, str], int] | None = None

    def history(self, seconds: float) -> History:
        """Return what a report can show of it, after it has run for some time."""
        return History(counters=Counter(self.counters or {}), seconds=seconds, succeeded=not self.status)


class Place(Protocol):
    """A place that a job can be handed over to. The modules on_hadoop, on_emr and on_dataproc are places."""

    def check(self, options: ClusterOptions) -> None:
        """Raise UsageError for an option that is missing or not supported."""

    def describe(self, job: Job, options: ClusterOptions, shipment: Shipment) -> str:
        """Return what a dry run prints: the command or request that would hand the job over."""

    def hand_over(self, job: Job, needs: Needs, options: ClusterOptions, folder: str, say: Say) -> Handed:
        """Write what is shipped to `folder` and hand the job over."""

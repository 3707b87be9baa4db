"""The list of inputs that --manifest makes of a job's inputs."""

from streamtools.cluster.cluster_paths import Entry
from streamtools.cluster.input_list import format_list, read_from_list
from streamtools.cluster.shipment.staging import Shipment


def test_the_biggest_input_is_the_first_task():
    assert format_list([Entry("a", 1), Entry("c", 5), Entry("b", 5)]) == b"b\nc\na\n"


def test_a_job_by_manifest_reads_the_list_only():
    shipment = read_from_list(Shipment(files=("f",)), "list")
    assert (shipment.inputs, shipment.files, shipment.input_format[-16:]) == (("list",), ("f",), "NLineInputFormat")

"""Libraries for the nodes, as pip is asked for them."""

from streamtools.cluster.shipment import wheels


def test_wheels_are_asked_for_the_nodes_python():
    words = wheels.pip_command(["numpy"], "there", (3, 9), "aarch64")
    assert words[words.index("--python-version") + 1] == "3.9"
    assert words[words.index("--only-binary") + 1] == ":all:"
    assert "manylinux2014_aarch64" in words and words[-1] == "numpy"

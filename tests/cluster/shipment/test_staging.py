"""What a job ships: the environment of Python on the nodes."""

import pytest

from streamtools.cluster.shipment.staging import python_environment

ENVIRONMENT = [
    ((), [".", "m.zip"], {"PYTHONHASHSEED": "0", "PYTHONPATH": ".:m.zip", "PYTHONUTF8": "1"}),
    ((), [], {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}),
    ((("PYTHONPATH", "x"), ("A", "b")), ["."], {"PYTHONHASHSEED": "0", "PYTHONPATH": ".:x", "PYTHONUTF8": "1"}),
    ((("PYTHONPATH", "x"),), [], {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}),
    ((("PYTHONHASHSEED", "7"), ("PYTHONUTF8", "0")), ["."], {"PYTHONPATH": "."}),
]


@pytest.mark.parametrize("given, path, made", ENVIRONMENT)
def test_the_users_own_environment_counts(given, path, made):
    assert dict(python_environment(given, path)) == made

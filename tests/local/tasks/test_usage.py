"""What an attempt takes is measured in its process."""

from streamtools.local.tasks.usage import measure_usage


def test_amounts_are_in_seconds_and_bytes():
    before = measure_usage()
    sum(range(300_000))
    after = measure_usage()
    assert after.cpu >= before.cpu > 0
    assert after.peak > 4 << 20  # an interpreter takes more

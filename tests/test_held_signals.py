"""Signals that come while something must not be interrupted are delivered after it."""

import os
import signal

import pytest

from streamtools.signals import held


class Ended(Exception):
    pass


def test_a_signal_is_held_until_the_end():
    def end(number, _frame):
        raise Ended(number)

    before = signal.signal(signal.SIGTERM, end)
    steps = []
    try:
        with pytest.raises(Ended), held((signal.SIGTERM,)):
            os.kill(os.getpid(), signal.SIGTERM)
            steps.append("not interrupted")
        assert signal.getsignal(signal.SIGTERM) is end
    finally:
        signal.signal(signal.SIGTERM, before)
    assert steps == ["not interrupted"]


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with held((signal.SIGHUP,)):
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)

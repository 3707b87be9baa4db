"""streamtools.showing: what reaches a terminal or a report holds no secrets and no control characters."""

import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import BIN

from streamtools.inputs import Source
from streamtools.local.reporting.history import AttemptRecord, History, Problem, RunFacts
from streamtools.local.reporting.html_page import render_page
from streamtools.packing.blob_manifest import Row
from streamtools.showing import printable, printable_bytes, redact, to_show


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://user:pw@host/x", "http://***@host/x"),
        ("http://user@host:8080/x", "http://***@host:8080/x"),
        ("https://h/x?X-Amz-Signature=ab&y=1", "https://h/x?***"),
        ("https://h/x?token", "https://h/x?***"),
        ("https://h/x#access_token=ab", "https://h/x?***"),
        ("HTTPS://U:P@h/x?a=b failed", "HTTPS://***@h/x?*** failed"),
        ("s3://AKIA:se/cr+et@bucket/key", "s3://***@bucket/key"),
        ("s3://AKIA:se/cret@host:9000@bucket/key", "s3://***@bucket/key"),
        ("sftp://u:p@ss@h/x", "sftp://***@h/x"),
        ("('http://u:p@h/x', 1)", "('http://***@h/x', 1)"),
        (
            "Max retries exceeded with url: /x?X-Amz-Signature=ab (Caused",
            "Max retries exceeded with url: /x?*** (Caused",
        ),
        ("two: http://a:b@h/x, http://c:d@h/y", "two: http://***@h/x, http://***@h/y"),
    ],
)
def test_secrets_are_redacted(text, shown):
    assert redact(text) == shown
    assert redact(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "hdfs://nn:8020/in/part-?",
        "s3://bucket/a@b/part-?.gz",
        "http://h:80/a@b",
        "is that so? a=b",
        "a@b.c",
        "",
    ],
)
def test_all_else_stays(text):
    assert redact(text) == text


@given(st.text() | st.text(st.characters(max_codepoint=0xFF)))
def test_no_control_character_is_left(text):
    assert not any((ord(c) < 32 and c not in "\t\n") or 0x7F <= ord(c) < 0xA0 for c in printable(text))


@given(st.binary())
def test_bytes_have_none_either_and_utf_8_stays(data):
    shown = printable_bytes(data).decode("utf-8", "surrogateescape")
    assert printable(shown) == shown
    assert printable_bytes("grüße ü\t\n".encode()) == "grüße ü\t\n".encode()


def test_escapes_can_be_read():
    assert to_show("\x1b[2J\r\x07\x9b\udc9b\u202e") == r"\x1b[2J\x0d\x07\x9b\x9b\u202e"


def test_reports_and_manifests_keep_no_secret():
    uri = "http://user:SECRET@h/x?X-Amz-Signature=SECRET"
    task = AttemptRecord("map task 0", True, 0, uri, 0, 1, problem=Problem(f"{uri} failed", [uri]))
    assert b"SECRET" not in render_page([(uri, History(attempts=[task]))], RunFacts(f"st-run -input {uri}"), "failed")
    assert b"SECRET" not in Row("part-00000", Source(uri), 0, 1, 1, 1, 0).to_line()


@pytest.mark.parametrize("tool", ["st-cat", "st-sort", "st-pack", "st-run"])
def test_names_of_files_reach_stderr_escaped(tmp_path, tool):
    options = {
        "st-pack": ["-o", "out"],
        "st-run": ["-output", "out", "-mapper", "cat", "-input"],
    }.get(tool, [])
    name = "no\x1b[31m\x07\r\x9b"
    done = subprocess.run([BIN / tool, *options, name], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode and rb"\x1b[31m\x07\x0d\x9b" in done.stderr and b"\x1b" not in done.stderr


def test_a_task_s_words_reach_stderr_escaped(tmp_path):
    (tmp_path / "in").write_text("a\n")
    (tmp_path / "m").write_text("#!/bin/sh\nprintf 'red \\033[31m \\a\\r\\n' >&2; cat\n")
    (tmp_path / "m").chmod(0o755)
    options = ["-input", "in", "-output", "out", "-mapper", "./m", "-reducer", "NONE"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([BIN / "st-run", *options], cwd=tmp_path, capture_output=True, env=environment)
    assert rb"red \x1b[31m \x07" in done.stderr and b"\x1b" not in done.stderr

"""A job as a step of EMR: its files on S3."""

import pytest

from streamtools.cluster.places import emr
from streamtools.errors import UsageError

PLACED = [
    ("-files a/m.py,s3://b/x -input in", "-files s3://k/m.py,s3://b/x -input in"),
    ("-files a/x.txt#p,b/x.txt#q,c/x.txt,a/x.txt", "-files s3://k/x.txt#p,s3://k/2/x.txt#q,s3://k/3/x.txt,s3://k/x.txt"),
    ("-files a/x.zip -archives b/x.zip#x", "-files s3://k/x.zip -archives s3://k/2/x.zip#x"),
    ("-archives d/x.zip#x -libjars j.jar -mapper m", "-archives s3://k/x.zip#x -libjars s3://k/j.jar -mapper m"),
]  # fmt: skip


@pytest.mark.parametrize("words, made", PLACED, ids=["files", "one-name", "file-and-archive", "archives"])
def test_what_is_shipped_lies_on_s3(words, made):
    assert emr.place_files(words.split(), lambda path, name: f"s3://k/{name}") == made.split()


def test_a_file_of_settings_cannot_go_with_a_step():
    with pytest.raises(UsageError, match=r"-conf site\.xml: not supported with --on emr"):
        emr.place_files(["-conf", "site.xml"], lambda path, name: name)


@pytest.mark.parametrize("uri, parts", [("s3://b/k/l/", ("b", "k/l")), ("s3a://b", ("b", ""))])
def test_places_on_s3(uri, parts):
    assert emr.split_uri(uri) == parts


@pytest.mark.parametrize("uri", ["b/k", "s3://", "hdfs://b/k", ""])
def test_no_place_on_s3(uri):
    with pytest.raises(UsageError, match="invalid S3 URI"):
        emr.split_uri(uri)

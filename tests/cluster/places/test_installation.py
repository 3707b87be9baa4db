"""Where Hadoop is installed on this machine."""

import pytest

from streamtools.cluster.places.installation import find_jar
from streamtools.errors import UnavailableError


def test_the_jar_is_found_below_the_home_of_hadoop(folder):
    jar = folder / "share/hadoop/tools/lib/hadoop-streaming-3.4.1.jar"
    jar.parent.mkdir(parents=True)
    jar.touch()
    assert find_jar({"HADOOP_HOME": str(folder)}) == str(jar)


def test_without_a_jar_it_says_what_to_set(folder):
    with pytest.raises(UnavailableError, match="set HADOOP_HOME"):
        find_jar({"HADOOP_HOME": str(folder)})

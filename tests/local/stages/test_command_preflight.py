"""streamtools.local.stages.preflight: commands that cannot be started are known before the first task."""

import pytest
from attempts import make_job

from streamtools.local.stages.preflight import find_problems
from streamtools.local.stages.runner import no_builtin


@pytest.mark.parametrize(
    ("options", "has_maps", "roles"),
    [
        (["-mapper", "cat", "-reducer", "cat"], True, []),
        (["-mapper", "nowhere", "-reducer", "cat"], True, ["mapper"]),
        (
            ["-mapper", "nowhere", "-combiner", "nowhere", "-reducer", "nowhere"],
            True,
            ["mapper", "combiner", "reducer"],
        ),
        (["-mapper", "nowhere", "-combiner", "nowhere", "-reducer", "nowhere"], False, ["reducer"]),
        (["-D", "mapreduce.job.reduces=0", "-mapper", "cat", "-reducer", "nowhere"], True, []),
    ],
)
def test_roles_whose_tasks_would_fail(folder, options, has_maps, roles):
    problems = find_problems(make_job(*options), "/usr/bin:/bin", has_maps, no_builtin)
    assert list(problems) == roles
    assert all("error=2" in str(problem) for problem in problems.values())


def test_our_own_tools_are_imported_already(folder):
    asked = []

    def builtin(words, path, reporter):
        asked.append(words)

    find_problems(make_job("-mapper", "cat -u", "-reducer", "uniq"), "/usr/bin:/bin", True, builtin)
    assert asked == [["cat", "-u"], ["uniq"]]

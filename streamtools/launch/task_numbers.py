"""--tasks: at least so many map and reduce tasks, however small the input."""

from dataclasses import replace

from streamtools.job import CommandLine, current, job_of


def at_least(line: CommandLine, tasks: tuple[int, int], java: bool) -> CommandLine:
    """Return the command line with at least so many map and reduce tasks; a job without reducers stays one."""
    job = job_of(line, stdout=True, java=java)
    maps, reduces = tasks
    wished = max(job.number("mapreduce.job.maps", 1) if "mapreduce.job.maps" in job.given else 1, maps)
    more = [("D", f"mapreduce.job.maps={wished}")]
    streaming = dict(line.streaming)
    if 0 < job.reduces < reduces:
        streaming.pop("numReduceTasks", None)
        if "jobconf" in streaming:
            given = streaming["jobconf"]
            streaming["jobconf"] = [v for v in given if current(v.partition("=")[0].strip()) != "mapreduce.job.reduces"]
        more.append(("D", f"mapreduce.job.reduces={reduces}"))
    return replace(line, generic=[*line.generic, *more], streaming=streaming)

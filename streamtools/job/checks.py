"""What is refused of a job that Hadoop would refuse, or that only a real Hadoop can run."""

from streamtools.java.class_names import CODEC_SUFFIXES
from streamtools.job.classes import JAVA_NAME, KNOWN, no_stand_in
from streamtools.job.job import Job
from streamtools.job.refusal import Refused, launch_refused

NEW_API_OF_REDUCES = ("mapreduce.job.partitioner.class", "mapreduce.job.reduce.class")
NEW_API = (
    *("mapreduce.job.inputformat.class", "mapreduce.job.map.class", "mapreduce.job.outputformat.class"),
    *NEW_API_OF_REDUCES,
)
IO_CLASSES = ("map.input.writer", "map.output.reader", "reduce.input.writer", "reduce.output.reader")


def check(job: Job, java: bool) -> None:
    """Raise Refused for a job that cannot run; java: a real Hadoop runs it, and checks the rest itself."""
    if job.reduces < 0:
        raise Refused("mapreduce.job.reduces: cannot be negative", "use 0 for a job without reducers")
    if java:
        return
    for name in NEW_API:
        if job.properties.is_given(name) and (job.reduces or name not in NEW_API_OF_REDUCES):
            raise launch_refused(f"{name} is incompatible with map compatability mode.", "streaming takes the old API")
    if job.reduces:
        _check_shuffle(job)
    if job.properties.output.committer_version not in (1, 2):
        raise Refused("Only 1 or 2 algorithm version is supported", "see mapreduce.fileoutputcommitter")
    if path_filter := job.properties.input.path_filter:
        raise no_stand_in("D mapreduce.input.pathFilter.class", path_filter)
    comparator = job.properties.shuffle.comparator
    if comparator and comparator not in KNOWN["comparator"]:
        raise no_stand_in("D mapreduce.job.output.key.comparator.class", comparator)
    for name in IO_CLASSES:
        if job.properties.is_given(f"stream.{name}.class", "stream.io.identifier.resolver.class"):
            problem = f"stream.{name}.class: a Java class of your own has no stand-in here"
            raise Refused(problem, "run the job with --on hadoop")
    for name in job.map_output_classes + job.output_classes:
        if name and not JAVA_NAME.fullmatch(name):
            raise Refused(f"class {name} not found", "give the full name of a Writable class")


def _check_shuffle(job: Job) -> None:
    """Raise Refused for a codec that does not exist, or a sort buffer that Hadoop's map tasks would not take."""
    shuffle = job.properties.shuffle
    if shuffle.is_compressed and shuffle.codec not in CODEC_SUFFIXES:
        raise Refused(f"Compression codec {shuffle.codec} was not found.", "use one of org.apache.hadoop.io.compress.*")
    shuffle.check_sort_buffer()

"""Each line that is known of a failed job, in words; the samples are what clients and tasks of Hadoop 3 write."""

import pytest

from streamtools.cluster.failure_reasons import REASONS
from streamtools.cluster.job_failure import explain_failure

STAMP = "2026-11-24 09:12:31,{:03}"
FAILED = f"""\
{STAMP.format(1)} INFO mapreduce.Job: Running job: job_1795270552597_0007
{STAMP.format(2)} INFO mapreduce.Job: Task Id : attempt_1795270552597_0007_m_000000_0, Status : FAILED
"""
PIPE = """\
Error: java.lang.RuntimeException: Error in configuring object
Caused by: java.lang.RuntimeException: configuration exception
Caused by: java.io.IOException: """
SAMPLES = {  # what stands in the output -> the start of what is said of it, and a word of the remedy
    "the ResourceManager does not answer": (
        f"{STAMP.format(3)} INFO ipc.Client: Retrying connect to server: rm.example.org/10.0.0.5:8032. Already tried "
        "9 time(s); retry policy is RetryUpToMaximumCountWithFixedSleep(maxRetries=10, sleepTime=1000 MILLISECONDS)\n"
        "java.net.ConnectException: Call From edge/10.0.0.9 to rm:8032 failed on connection exception: "
        "java.net.ConnectException: Connection refused; For more details see: http://wiki.apache.org/hadoop/X",
        "ResourceManager does not run",
    ),
    "no ticket": (
        "java.io.IOException: DestHost:destPort nn.example.org:8020 , LocalHost:localPort edge/10.0.0.9:0. Failed on "
        "local exception: java.io.IOException: javax.security.sasl.SaslException: GSS initiate failed [Caused by "
        "GSSException: No valid credentials provided (Mechanism level: Failed to find any Kerberos tgt)]",
        "kinit",
    ),
    "a JDK that is too new": (
        'Exception in thread "main" java.lang.reflect.InaccessibleObjectException: Unable to make protected final '
        "java.lang.Class java.lang.ClassLoader.defineClass(java.lang.String,byte[],int,int) accessible: module "
        'java.base does not "opens java.lang" to unnamed module @3d71d552',
        "this JDK is not for this Hadoop",
    ),
    "a JDK that is too old": (
        "Error: LinkageError occurred while loading main class org.apache.hadoop.util.RunJar\n"
        "java.lang.UnsupportedClassVersionError: org/apache/hadoop/util/RunJar has been compiled by a more recent "
        "version of the Java Runtime (class file version 55.0), this version only recognizes up to 52.0",
        "this JDK is not for this Hadoop",
    ),
    "the application master has no classes": (
        f"{STAMP.format(3)} INFO mapreduce.Job: Job job_1795270552597_0007 failed with state FAILED due to: "
        "Application application_1795270552597_0007 failed 2 times due to AM Container exited with exitCode: 1\n"
        "Last 4096 bytes of stderr :\n"
        "Error: Could not find or load main class org.apache.hadoop.mapreduce.v2.app.MRAppMaster",
        "HADOOP_MAPRED_HOME",
    ),
    "nodes without a shuffle": (
        "Container launch failed for container_1795270552597_0007_01_000002 : "
        "org.apache.hadoop.yarn.exceptions.InvalidAuxServiceException: "
        "The auxService:mapreduce_shuffle does not exist\n\tat sun.reflect.NativeConstructorAccessorImpl",
        "yarn.nodemanager.aux-services",
    ),
    "more memory than a node has": (
        f"{STAMP.format(3)} ERROR streaming.StreamJob: Error Launching job : org.apache.hadoop.yarn.exceptions."
        "InvalidResourceRequestException: Invalid resource request! Cannot allocate containers as requested resource "
        "is greater than maximum allowed allocation. Requested resource type=[memory-mb], Requested resource="
        "<memory:20480, vCores:1>, maximum allowed allocation=<memory:8192, vCores:4>",
        "yarn.scheduler.maximum-allocation-mb",
    ),
    "a cluster that starts": (
        "org.apache.hadoop.ipc.RemoteException(org.apache.hadoop.hdfs.server.namenode.SafeModeException): Cannot "
        "create directory /tmp/hadoop-yarn/staging/ann/.staging/job_1795270552597_0007. Name node is in safe mode.\n"
        "The reported blocks 12 needs additional 40 blocks to reach the threshold 0.9990 of total blocks 52.",
        "hdfs dfsadmin -safemode leave",
    ),
    "no DataNode": (
        "org.apache.hadoop.ipc.RemoteException(java.io.IOException): File /user/ann/in/log.tsv._COPYING_ could only "
        "be written to 0 of the 1 minReplication nodes. There are 0 datanode(s) running and 0 node(s) are excluded "
        "in this operation.",
        "start a DataNode",
    ),
    "too many files": (
        "org.apache.hadoop.hdfs.protocol.NSQuotaExceededException: The NameSpace quota (directories and files) of "
        "directory /user/ann is exceeded: quota=1000 file count=1001",
        "free space on HDFS",
    ),
    "too many bytes": (
        "org.apache.hadoop.hdfs.protocol.DSQuotaExceededException: The DiskSpace quota of /user/ann is exceeded: "
        "quota = 1073741824 B = 1 GB but diskspace consumed = 1207959552 B = 1.13 GB",
        "free space on HDFS",
    ),
    "a full disk": (
        "Error: org.apache.hadoop.util.DiskChecker$DiskErrorException: Could not find any valid local directory for "
        "output/attempt_1795270552597_0007_m_000000_0/spill0.out",
        "the disk of a node is full",
    ),
    "nodes that cannot reach each other": (
        "Error: org.apache.hadoop.mapreduce.task.reduce.Shuffle$ShuffleError: error in shuffle in fetcher#3\n"
        "Caused by: java.io.IOException: Exceeded MAX_FAILED_UNIQUE_FETCHES; bailing-out.",
        "resolve each other's names",
    ),
    "a sort buffer that is too big": (
        "Error: java.lang.OutOfMemoryError: Java heap space\n\tat org.apache.hadoop.mapred.MapTask$MapOutputBuffer",
        "mapreduce.task.io.sort.mb",
    ),
    "counters made of data": (
        "Error: org.apache.hadoop.mapreduce.counters.LimitExceededException: Too many counters: 121 max=120",
        "out of data",
    ),
    "more memory than the container has": (
        "Container [pid=4711,containerID=container_1795270552597_0007_01_000002] is running 52006912B beyond the "
        "'PHYSICAL' memory limit. Current usage: 1.0 GB of 1 GB physical memory used; 2.6 GB of 2.1 GB virtual "
        "memory used. Killing container.\nContainer killed on request. Exit code is 143\n"
        "Container exited with a non-zero exit code 143.",
        "mapreduce.map.memory.mb",
    ),
    "a task that hangs": (
        "AttemptID:attempt_1795270552597_0007_m_000000_0 Timed out after 600 secs\n"
        "Container killed by the ApplicationMaster.\nContainer exited with a non-zero exit code 143.",
        "reporter:status",
    ),
    "a program that is not there": (
        f'{PIPE}Cannot run program "jq": error=2, No such file or directory',
        "no program of that name",
    ),
    "an environment that is too long": (
        f'{PIPE}Cannot run program "/data/yarn/filecache/map.py": error=7, Argument list too long',
        "stream.jobconf.truncate.limit=20000",
    ),
    "a program of another machine": (
        f'{PIPE}Cannot run program "./count": error=8, Exec format error',
        "built for another machine",
    ),
    "a program without an x bit": (
        f'{PIPE}Cannot run program "./map.py": error=13, Permission denied',
        "not executable",
    ),
    "a mapper that stops reading": (
        "Error: java.io.IOException: Broken pipe\n\tat java.base/sun.nio.ch.FileDispatcherImpl.write0",
        "read to the end",
    ),
    "HDFS does not answer": (
        "java.net.ConnectException: Call From edge/10.0.0.9 to nn.example.org:8020 failed on connection exception: "
        "java.net.ConnectException: Connection refused; For more details see: http://wiki.apache.org/hadoop/X",
        "HADOOP_CONF_DIR",
    ),
    "an old output": (
        "ERROR streaming.StreamJob: Error Launching job : Output directory hdfs://nn:8020/out already exists",
        "name another -output",
    ),
    "no input": (
        "ERROR streaming.StreamJob: Error Launching job : Input path does not exist: hdfs://nn:8020/user/ann/no",
        "hadoop fs -ls",
    ),
    "a directory among the inputs": (
        "ERROR streaming.StreamJob: Error Launching job : Not a file: hdfs://nn:8020/logs/2026",
        "mapreduce.input.fileinputformat.input.dir.recursive=true",
    ),
    "a file to ship that is not there": (
        'Exception in thread "main" java.io.FileNotFoundException: File does not exist: hdfs://nn:8020/lib/words.txt',
        "check -files",
    ),
    "a directory of others": (
        "org.apache.hadoop.security.AccessControlException: Permission denied: user=ann, access=WRITE, "
        'inode="/user":hdfs:supergroup:drwxr-xr-x',
        "no permission",
    ),
    "no mapper": (
        "Error: java.io.IOException: Type mismatch in key from map: expected org.apache.hadoop.io.Text, received "
        "org.apache.hadoop.io.LongWritable",
        "give -mapper cat",
    ),
    "a class in no jar": (
        "Caused by: java.lang.RuntimeException: java.lang.ClassNotFoundException: Class com.example.Splitter not found",
        "-libjars",
    ),
    "killed, without a word": (
        "Container killed on request. Exit code is 143\nContainer exited with a non-zero exit code 143. \n",
        "memory or its time",
    ),
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_line_in_words(sample):
    text, remedy = SAMPLES[sample]
    line = explain_failure(f"{FAILED}{text}\nStreaming Command Failed!\n").line
    assert line.startswith("map task 0, attempt 0, failed: ") and remedy in line and "\n" not in line


@pytest.mark.parametrize("pattern, meaning", REASONS)
def test_each_reason_has_a_sample(pattern, meaning):
    assert any(meaning in explain_failure(f"{FAILED}{text}").line for text, _ in SAMPLES.values()), pattern


def test_a_reason_in_a_tasks_log_is_found_too():
    logs = "LogType:stderr\nLogContents:\njava.lang.OutOfMemoryError: Java heap space\nEnd of LogType:stderr\n"
    assert "io.sort.mb" in explain_failure(FAILED, logs).line

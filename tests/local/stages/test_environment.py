"""What tasks see in their environment."""

from pathlib import Path


def test_tasks_see_the_defaults_and_where_they_write(run_job):
    code = """
import os, sys
sys.stdin.read()
for name in sys.argv[1:]:
    print(os.environ.get(name), end=' ')
print(os.environ['mapreduce_task_output_dir'].split('/_temporary')[0])
"""
    names = "mapreduce_job_reduce_slowstart_completedmaps mapreduce_map_maxattempts mapred_job_tracker mapred_map_tasks"
    wire = "stream_reduce_output_reader_class"
    ran = run_job(f"-input i -mapper cat -reducer 'python3 e {names} {wire}'", i=b"a\n", e=code.encode())
    reader = "org.apache.hadoop.streaming.io.TextOutputReader"
    assert ran.lines == [f"0.05 4 local 1 {reader} file:{Path('out').resolve()}\t".encode()]

"""In which files does each word occur?"""

import os

from streamtools import Job

job = Job()


@job.map_task
def words(lines):
    document = os.path.basename(job.input_name)
    for line in lines:
        for word in set(line.split()):
            yield word, document


@job.reduce
def index(word, documents):
    yield word, " ".join(sorted(set(documents)))


if __name__ == "__main__":
    job.main()

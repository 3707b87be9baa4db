"""Places that run a job: a Hadoop client on this machine, EMR, Dataproc."""

"""How long a job will take on this machine: from a sample of its input to a prediction.

work -> sample (pieces of the input) -> measurement (the job run over them) -> prediction (arithmetic)
"""

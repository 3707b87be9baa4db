"""Directories for intermediate data: each is ours alone, locked while somebody works in it, and removed afterwards.

    PARENT/st-TOOL-UID-NAME/  lock  links  began  map-000000.done  replay-map-000001/  ...

What a killed process has left is removed by the next one that makes a directory in the same parent, unless --resume or
--replay can go on with it; `st-run --clean` removes that, too.
"""

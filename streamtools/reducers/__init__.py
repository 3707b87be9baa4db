"""The library of reducers: generators from blocks of records, sorted or at least grouped by key, to blocks of records.

    blocks --> reducer(blocks, reporter, ...) --> pieces of bytes

They stream: memory is a few blocks, also for a key with any number of values, but where a docstring says otherwise.

Nothing is imported here: all modules cost a tool 10 ms at its start, the one it needs 3.
"""

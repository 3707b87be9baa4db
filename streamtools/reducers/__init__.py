"""The library of reducers: generators from blocks of records, sorted or at least grouped by key, to blocks of records.

    blocks --> reducer(blocks, reporter, ...) --> pieces of bytes

They stream: a reducer holds a few blocks in memory, however many values a key has, unless its docstring says more.

Nothing is imported here: all modules together would cost a tool 10 ms at start-up, the one it needs costs 3.
"""

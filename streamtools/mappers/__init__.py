"""The library of mappers: generators from blocks of whole lines to blocks of `key TAB value LF` records.

    blocks --> mapper(blocks, reporter, ...) --> blocks

They stream: a mapper holds a few blocks in memory, whatever the size of the input.

Nothing is imported here: all modules together would cost a tool 10 ms at start-up, the one it needs costs 3.
"""

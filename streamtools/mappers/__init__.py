"""The library of mappers: generators from blocks of whole lines to blocks of `key TAB value LF` records.

    blocks --> mapper(blocks, reporter, ...) --> blocks

All of them stream: memory is a few blocks, whatever the size of the input.

Nothing is imported here: all modules cost a tool 10 ms at its start, the one it needs 3.
"""

"""Stand-ins for Hadoop's small mappers and reducers: identity, inverse, word count, regex, sum."""

import re

from streamtools.errors import DataError
from streamtools.formats.batch import Pairs
from streamtools.formats.writables import LONG, TEXT, Writable, decode_long, encode_long
from streamtools.java.primitives import wrap_long
from streamtools.java.strings import decode, replace_malformed
from streamtools.job import Job
from streamtools.standins.stand_in import Groups, Records

BLANKS = re.compile(rb"[ \t\n\r\f]+")  # where Java's StringTokenizer splits words
ONE = encode_long(1)


class Identity:
    """Passes every record on unchanged (IdentityMapper, IdentityReducer)."""

    def __init__(self, key: Writable, value: Writable) -> None:
        self.key_type, self.value_type = key, value

    def map(self, pairs: Pairs) -> Pairs:
        """Return the batch itself."""
        return pairs

    def reduce(self, groups: Groups) -> Records:
        """Yield the records of all groups."""
        for key, values in groups:
            for value in values:
                yield key, value


class Inverse:
    """Swaps key and value (InverseMapper)."""

    def __init__(self, key: Writable, value: Writable) -> None:
        self.key_type, self.value_type = value, key

    def map(self, pairs: Pairs) -> Pairs:
        """Return the values as keys and the keys as values."""
        return Pairs(pairs.values, pairs.keys)


class TokenCount:
    """Emits each word of a value with the number 1 (TokenCountMapper)."""

    key_type, value_type = TEXT, LONG

    def __init__(self, value: Writable) -> None:
        self.value = value

    def map(self, pairs: Pairs) -> Pairs:
        """Return the words of all values."""
        texts = map(replace_malformed, map(self.value.to_string, pairs.values))
        words = [word for text in texts for word in BLANKS.split(text) if word]
        return Pairs(words, [ONE] * len(words))


class Regex:
    """Emits each match of a pattern in a value, or a group of it, with the number 1 (RegexMapper)."""

    key_type, value_type = TEXT, LONG

    def __init__(self, job: Job, value: Writable) -> None:
        self.value = value
        pattern = job.properties.stand_ins.pattern
        if not pattern:
            problem = "is not set (NullPointerException)"
            raise DataError("mapreduce.mapper.regex", problem, "set it to a regular expression")
        try:
            self.pattern = re.compile(pattern)
        except re.error as error:
            raise DataError("mapreduce.mapper.regex", f"{pattern!r}: {error}", "correct the expression") from None
        self.group = job.properties.stand_ins.pattern_group

    def map(self, pairs: Pairs) -> Pairs:
        """Return the matches in all values."""
        texts = map(decode, map(self.value.to_string, pairs.values))
        found = [match[self.group] or "" for text in texts for match in self.pattern.finditer(text)]
        return Pairs([text.encode("utf-8") for text in found], [ONE] * len(found))


class LongSum:
    """Sums the values of each key, in 64 bits as Java does (LongSumReducer)."""

    def __init__(self, key: Writable, value: Writable) -> None:
        if value.class_name != LONG.class_name:
            raise DataError(
                "LongSumReducer",
                f"class {value.class_name} cannot be cast to class {LONG.class_name}",
                f"set -D mapreduce.map.output.value.class={LONG.class_name}, with a Java mapper",
            )
        self.key_type, self.value_type = key, value

    def reduce(self, groups: Groups) -> Records:
        """Yield each key with the sum of its values."""
        for key, values in groups:
            yield key, encode_long(wrap_long(sum(map(decode_long, values))))

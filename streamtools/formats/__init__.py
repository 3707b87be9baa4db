"""Records on disk and on the wire: lines, sequence files, writables, typed bytes, Hadoop's codecs."""

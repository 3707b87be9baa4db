"""Records in files and on a command's stdin and stdout: lines, sequence files, Writables, typed bytes, codecs."""

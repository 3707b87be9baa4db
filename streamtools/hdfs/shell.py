"""The commands of `hadoop fs`: their options, how they are called, and what ends them with which status.

words --generic options, -NAME, options--> command(shell, options, names) --> bytes for stdout, errors for stderr
"""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from streamtools.errors import StreamtoolsError
from streamtools.hdfs import changing, copying, listing, reading
from streamtools.hdfs.work import Options, Shell, Told, WrongUsage

FAILED, MISUSED = 1, 255
ANY = 1 << 30
USAGE = "Usage: hadoop fs [generic options]"
COPYING = "-f overwrite what is there; -p keep times and permissions"


class Command(NamedTuple):
    """A command. flags and values: its options without and with a value; least, most: how many arguments it takes."""

    run: Callable[[Shell, Options, list[str]], Iterator[Told]]
    usage: str
    help: str
    flags: str = ""
    values: str = ""
    least: int = 1
    most: int = ANY


GET = Command(copying.get, "[-f] [-p] <src> ... <localdst>", f"Copy files from there to here. {COPYING}",
              "f p crc ignoreCrc", "t q")  # fmt: skip
PUT = Command(copying.put, "[-f] [-p] <localsrc> ... <dst>", f"Copy files from here, or stdin as -, there. {COPYING}",
              "f p l d", "t q")  # fmt: skip
COMMANDS = {
    "appendToFile": Command(copying.append_to_file, "<localsrc> ... <dst>",
                            "Append files from here, or stdin as -, to one there.", least=2),
    "cat": Command(reading.cat, "[-ignoreCrc] <src> ...", "Give the bytes of files.", "ignoreCrc"),
    "chgrp": Command(changing.chown, "[-R] GROUP PATH...", "Do nothing: all is the user's own here.", "R", least=2),
    "chmod": Command(changing.chmod, "[-R] <MODE[,MODE]... | OCTALMODE> PATH...",
                     "Set permissions. -R of all in a directory too", "R", least=2),
    "chown": Command(changing.chown, "[-R] [OWNER][:[GROUP]] PATH...", "Do nothing: all is the user's own here.", "R",
                     least=2),
    "copyFromLocal": PUT,
    "copyToLocal": GET,
    "count": Command(listing.count, "[-q] [-h] [-v] <path> ...",
                     "Count directories, files and bytes. -q with quotas, of which there are none; -v with a head",
                     "q h v"),
    "cp": Command(copying.cp, "[-f] [-p | -p[topax]] <src> ... <dst>", f"Copy files there. {COPYING}",
                  "f d p pt po pto ptop ptopa ptopax", "t q", least=2),
    "du": Command(listing.du, "[-s] [-h] [-v] <path> ...",
                  "Tell sizes, of what is in a directory each. -s of the directory itself; -v with a head", "s h v x",
                  least=0),
    "expunge": Command(changing.expunge, "[-immediate]", "Do nothing: there is no trash.", "immediate", least=0),
    "get": GET,
    "getmerge": Command(copying.getmerge, "[-nl] [-skip-empty-file] <src> <localdst>",
                        "Put files into one here. -nl a line end after each", "nl skip-empty-file", least=2),
    "head": Command(reading.head, "<file>", "Give the first 1024 bytes.", most=1),
    "ls": Command(listing.ls, "[-C] [-d] [-h] [-q] [-R] [-t] [-S] [-r] [-u] [<path> ...]",
                  "List files and directories. -C names only; -d directories like files; -h sizes with units; -q ? for "
                  "what cannot be printed; -R all below; -t latest first; -S biggest first; -r backwards; -u time of "
                  "last access", "C d h q R t S r u", least=0),
    "mkdir": Command(changing.mkdir, "[-p] <path> ...", "Make directories. -p with those above, or none at all", "p"),
    "moveFromLocal": Command(copying.move_from_local, "[-f] [-p] <localsrc> ... <dst>",
                             f"Move files from here there. {COPYING}", "f p l d", least=2),
    "mv": Command(copying.mv, "<src> ... <dst>", "Rename files there.", least=2),
    "put": PUT,
    "rm": Command(changing.rm, "[-f] [-r|-R] [-skipTrash] <src> ...",
                  "Remove files. -r directories; -f what is not there is no error. There is no trash.",
                  "f r R skipTrash"),
    "rmdir": Command(changing.rmdir, "[--ignore-fail-on-non-empty] <dir> ...", "Remove empty directories.",
                     "-ignore-fail-on-non-empty"),
    "setrep": Command(changing.setrep, "[-R] [-w] <rep> <path> ...", "Do nothing: there is one replica here.", "R w",
                      least=2),
    "stat": Command(listing.stat_, "[format] <path> ...",
                    "Tell facts: %a %A permissions, %b bytes, %F kind, %g group, %n name, %o block size, %r replicas, "
                    "%u owner, %x %X last access, %y %Y last change"),
    "tail": Command(reading.tail, "<file>", "Give the last 1024 bytes.", most=1),
    "test": Command(listing.test, "-[defswrz] <path>",
                    "Status 0 if it is so. -d directory; -e there; -f file; -s not empty; -w writable; -r readable; "
                    "-z empty file", "d e f s w r z", most=1),
    "text": Command(reading.text, "[-ignoreCrc] <src> ...", "Give files decoded: compressed ones, sequence files.",
                    "ignoreCrc"),
    "touch": Command(changing.touch, "[-c] <path> ...", "Set times to now. -c make no file", "c"),
    "touchz": Command(changing.touchz, "<path> ...", "Make empty files."),
}  # fmt: skip
FORMER = {"lsr": ("ls", "R", "ls -R"), "rmr": ("rm", "r", "-rm -r"), "dus": ("du", "s", "du -s")}
ABSENT = (
    "checksum", "concat", "createSnapshot", "deleteSnapshot", "df", "find", "getfacl", "getfattr", "moveToLocal",
    "renameSnapshot", "setfacl", "setfattr", "truncate",
)  # fmt: skip


def run(shell: Shell, words: Sequence[str], out: Callable[[bytes], None], err: Callable[[bytes], None]) -> int:
    """Run a command line such as `-ls -R /in`; return its status, as `hadoop fs` does: 0, 1, 255 for wrong usage."""
    if not words:
        err(_all_usages())
        return MISUSED
    name, given = words[0].removeprefix("-"), list(words[1:])
    if name in ("help", "usage"):
        return _help(name, given, out, err)
    if name in FORMER and words[0].startswith("-"):
        name, flag, instead = FORMER[name]
        err(f"{words[0][1:]}: DEPRECATED: Please use '{instead}' instead.\n".encode())
        given = [f"-{flag}", *given]
    if name in ABSENT and words[0].startswith("-"):
        err(f"{name}: not to be had in st-hadoop; use the hadoop command of a Hadoop\n".encode())
        return FAILED
    if name not in COMMANDS or not words[0].startswith("-"):
        dash = f"Did you mean -{name}?  This command begins with a dash.\n" if name in COMMANDS else ""
        err(os.fsencode(f"{words[0]}: Unknown command\n{dash}") + _all_usages())
        return MISUSED
    return _run(name, shell, given, out, err)


def _run(name: str, shell: Shell, words: list[str], out: Callable[[bytes], None], err: Callable[[bytes], None]) -> int:
    command = COMMANDS[name]
    status = 0
    try:
        options, names = parsed(command, words)
        for told in command.run(shell, options, names):
            if isinstance(told, bytes):
                out(told)
            else:
                status = FAILED
                err(_line(name, told))
    except WrongUsage as error:
        err(os.fsencode(f"-{name}: {error}\n{USAGE} -{name} {command.usage}\n"))
        return MISUSED
    except StreamtoolsError as error:
        err(_line(name, error))
        return FAILED
    return status


def parsed(command: Command, words: list[str]) -> tuple[dict[str, str], list[str]]:
    """The options, which end at the first word that is none, and the other words; raises WrongUsage."""
    options: dict[str, str] = {}
    flags, values = command.flags.split(), command.values.split()
    rest = list(words)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        if word == "--":
            break
        option = word[1:]
        if option in flags:
            options[option] = ""
        elif option in values and len(rest) > command.least:
            options[option] = rest.pop(0)
        else:
            raise WrongUsage("", f"Illegal option {word}")
    if len(rest) < command.least:
        raise WrongUsage("", f"Not enough arguments: expected {command.least} but got {len(rest)}")
    if len(rest) > command.most:
        raise WrongUsage("", f"Too many arguments: expected {command.most} but got {len(rest)}")
    return options, rest


def _line(name: str, error: StreamtoolsError) -> bytes:
    return os.fsencode(f"{name}: {error}\n") if str(error) else b""


def _all_usages() -> bytes:
    lines = [f"\t[-{name} {command.usage}]" for name, command in COMMANDS.items()]
    return "\n".join([USAGE, *lines, "\t[-help [cmd ...]]", "\t[-usage [cmd ...]]", ""]).encode()


def _help(kind: str, names: list[str], out: Callable[[bytes], None], err: Callable[[bytes], None]) -> int:
    """-help and -usage of some commands, or of all."""
    names = [name.removeprefix("-") for name in names]
    for name in names:
        if name not in COMMANDS:
            err(os.fsencode(f"-{kind}: `{name}': Unknown command\n") + _all_usages())
            return MISUSED
    if not names:
        out(_all_usages())
    for name in names or (COMMANDS if kind == "help" else ()):
        command = COMMANDS[name]
        text = (
            f"-{name} {command.usage} :\n  {command.help}\n" if kind == "help" else f"{USAGE} -{name} {command.usage}\n"
        )
        out(text.encode())
    return 0

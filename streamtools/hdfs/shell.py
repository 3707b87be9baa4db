"""The commands of `hadoop fs`: their options, their usage, and how a command line runs one of them.

words --generic options, -NAME, options--> command(context, options, names) --> bytes for stdout, errors for stderr
"""

import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

from streamtools.errors import StreamtoolsError
from streamtools.hdfs import checksums, finding, listing, modify, printing, space, transfer
from streamtools.hdfs.context import Context, Options, Outputs, WrongUsage
from streamtools.showing import to_show

FAILED, MISUSED = 1, 255  # exit statuses
ANY = 1 << 30
USAGE = "Usage: hadoop fs [generic options]"
COPYING = "-f overwrite existing files; -p keep times and permissions"
NO_OWNERS = "Do nothing: everything belongs to the user here."
Write = Callable[[bytes], None]


class Command(NamedTuple):
    """A command.

    flags, values: options without and with a value; least, most: bounds of the number of arguments.
    has_expression: the arguments may begin with a dash.
    """

    run: Callable[[Context, Options, list[str]], Outputs]
    usage: str
    help: str
    flags: str = ""
    values: str = ""
    least: int = 1
    most: int = ANY
    has_expression: bool = False


GET = Command(transfer.get, "[-f] [-p] <src> ... <localdst>", f"Copy files to local ones. {COPYING}",
              "f p crc ignoreCrc", "t q")  # fmt: skip
PUT = Command(transfer.put, "[-f] [-p] <localsrc> ... <dst>", f"Copy local files, or stdin as -. {COPYING}",
              "f p l d", "t q")  # fmt: skip
COMMANDS = {
    "appendToFile": Command(transfer.append_to_file, "<localsrc> ... <dst>",
                            "Append local files, or stdin as -, to a file.", least=2),
    "cat": Command(printing.cat, "[-ignoreCrc] <src> ...", "Print files.", "ignoreCrc"),
    "checksum": Command(checksums.checksum, "[-v] <src> ...", "Print checksums of files. -v with their block size",
                        "v"),
    "chgrp": Command(modify.chown, "[-R] GROUP PATH...", NO_OWNERS, "R", least=2),
    "chmod": Command(modify.chmod, "[-R] <MODE[,MODE]... | OCTALMODE> PATH...",
                     "Set permissions. -R also of everything in a directory", "R", least=2),
    "chown": Command(modify.chown, "[-R] [OWNER][:[GROUP]] PATH...", NO_OWNERS, "R", least=2),
    "copyFromLocal": PUT,
    "copyToLocal": GET,
    "count": Command(listing.count, "[-q] [-h] [-v] <path> ...",
                     "Count directories, files and bytes. -q with quotas (there are none); -h sizes with units; "
                     "-v with a header line", "q h v"),
    "cp": Command(transfer.cp, "[-f] [-p | -p[topax]] <src> ... <dst>", f"Copy files. {COPYING}",
                  "f d p pt po pto ptop ptopa ptopax", "t q", least=2),
    "df": Command(space.df, "[-h] [<path> ...]",
                  "Print the size of the disk, and what of it is used and free. -h sizes with units", "h", least=0),
    "du": Command(listing.du, "[-s] [-h] [-v] <path> ...",
                  "Print sizes; of a directory those of everything in it. -s of the directory itself; "
                  "-h sizes with units; -v with a header line", "s h v x", least=0),
    "expunge": Command(modify.expunge, "[-immediate]", "Do nothing: there is no trash.", "immediate", least=0),
    "find": Command(finding.find, "<path> ... <expression> ...",
                    "Print files and directories below paths. -name PATTERN of such names; -iname PATTERN in any case; "
                    "-print a line for each; -print0 a zero byte behind each", "L H", has_expression=True),
    "get": GET,
    "getmerge": Command(transfer.getmerge, "[-nl] [-skip-empty-file] <src> <localdst>",
                        "Concatenate files into a local one. -nl a line end after each", "nl skip-empty-file",
                        least=2),
    "head": Command(printing.head, "<file>", "Print the first 1024 bytes.", most=1),
    "ls": Command(listing.ls, "[-C] [-d] [-h] [-q] [-R] [-t] [-S] [-r] [-u] [<path> ...]",
                  "List files and directories. -C names only; -d directories themselves; -h sizes with units; -q ? for "
                  "unprintable characters; -R with subdirectories; -t newest first; -S largest first; -r reversed; "
                  "-u time of last access", "C d h q R t S r u", least=0),
    "mkdir": Command(modify.mkdir, "[-p] <path> ...",
                     "Create directories. -p with their parents; existing ones are no error", "p"),
    "moveFromLocal": Command(transfer.move_from_local, "[-f] [-p] <localsrc> ... <dst>",
                             f"Move local files. {COPYING}", "f p l d", least=2),
    "mv": Command(transfer.mv, "<src> ... <dst>", "Rename files.", least=2),
    "put": PUT,
    "rm": Command(modify.rm, "[-f] [-r|-R] [-skipTrash] <src> ...",
                  "Remove files. -r also directories; -f missing files are no error. There is no trash.",
                  "f r R skipTrash"),
    "rmdir": Command(modify.rmdir, "[--ignore-fail-on-non-empty] <dir> ...", "Remove empty directories.",
                     "-ignore-fail-on-non-empty"),
    "setrep": Command(modify.setrep, "[-R] [-w] <rep> <path> ...", "Do nothing: each file has one replica here.",
                      "R w", least=2),
    "stat": Command(listing.stat_, "[format] <path> ...",
                    "Print the status: %a %A permissions, %b bytes, %F type, %g group, %n name, %o block size, "
                    "%r replicas, %u owner, %x %X last access, %y %Y last change"),
    "tail": Command(printing.tail, "<file>", "Print the last 1024 bytes.", most=1),
    "test": Command(listing.test, "-[defswrz] <path>",
                    "Exit with 0 if the test passes. -d directory; -e exists; -f file; -s not empty; -w writable; "
                    "-r readable; -z empty file", "d e f s w r z", most=1),
    "text": Command(printing.text, "[-ignoreCrc] <src> ...", "Print files decoded: compressed and sequence files.",
                    "ignoreCrc"),
    "touch": Command(modify.touch, "[-c] <path> ...", "Set times to now. -c create no file", "c"),
    "touchz": Command(modify.touchz, "<path> ...", "Create empty files."),
}  # fmt: skip
DEPRECATED = {"lsr": ("ls", "R", "ls -R"), "rmr": ("rm", "r", "-rm -r"), "dus": ("du", "s", "du -s")}
UNSUPPORTED = (
    "concat", "createSnapshot", "deleteSnapshot", "getfacl", "getfattr", "moveToLocal", "renameSnapshot", "setfacl",
    "setfattr", "truncate",
)  # fmt: skip


def run(context: Context, words: Sequence[str], out: Write, err: Write) -> int:
    """Run a command line such as `-ls -R /in`. Return the status of `hadoop fs`: 0, 1, or 255 for wrong usage."""
    if not words:
        err(_all_usages())
        return MISUSED
    name, given = words[0].removeprefix("-"), list(words[1:])
    if name in ("help", "usage"):
        return _help(name, given, out, err)
    if name in DEPRECATED and words[0].startswith("-"):
        name, flag, instead = DEPRECATED[name]
        err(f"{words[0][1:]}: DEPRECATED: Please use '{instead}' instead.\n".encode())
        given = [f"-{flag}", *given]
    if name in UNSUPPORTED and words[0].startswith("-"):
        err(f"{name}: not supported by st-hadoop; use the hadoop command of a Hadoop installation\n".encode())
        return FAILED
    if name not in COMMANDS or not words[0].startswith("-"):
        dash = f"Did you mean -{name}?  This command begins with a dash.\n" if name in COMMANDS else ""
        err(os.fsencode(f"{words[0]}: Unknown command\n{dash}") + _all_usages())
        return MISUSED
    return _run(name, context, given, out, err)


def _run(name: str, context: Context, words: list[str], out: Write, err: Write) -> int:
    """Run one command with its options and arguments. Return the status."""
    command = COMMANDS[name]
    status = 0
    try:
        options, names = parse_options(command, words)
        for output in command.run(context, options, names):
            if isinstance(output, bytes):
                out(output)
            else:
                status = FAILED
                err(_format_error(name, output))
    except WrongUsage as error:
        err(os.fsencode(f"-{name}: {error}\n{USAGE} -{name} {command.usage}\n"))
        return MISUSED
    except StreamtoolsError as error:
        err(_format_error(name, error))
        return FAILED
    return status


def parse_options(command: Command, words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return the leading options and the arguments behind them. Raises WrongUsage."""
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
        elif command.has_expression:
            rest.insert(0, word)
            break
        else:
            raise WrongUsage("", f"Illegal option {word}")
    if len(rest) < command.least:
        raise WrongUsage("", f"Not enough arguments: expected {command.least} but got {len(rest)}")
    if len(rest) > command.most:
        raise WrongUsage("", f"Too many arguments: expected {command.most} but got {len(rest)}")
    return options, rest


def _format_error(name: str, error: StreamtoolsError) -> bytes:
    return os.fsencode(to_show(f"{name}: {error}\n")) if str(error) else b""


def _all_usages() -> bytes:
    lines = [f"\t[-{name} {command.usage}]" for name, command in COMMANDS.items()]
    return "\n".join([USAGE, *lines, "\t[-help [cmd ...]]", "\t[-usage [cmd ...]]", ""]).encode()


def _help(kind: str, names: list[str], out: Write, err: Write) -> int:
    """Print `-help` or `-usage` of some commands, or of all. Return the status."""
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

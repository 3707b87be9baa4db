"""Record what the real `hadoop fs` prints for commands.txt: `python3 tests/hdfs/fs_record.py`, then `git diff`.

Needs the Hadoop that `make hadoop` installs. Where the text depends on the machine it holds DIR, USER, GROUP or NOW.
"""

import grp
import os
import pwd
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import fs_tree

HERE = Path(__file__).resolve().parent


def plain(text: str) -> str:
    """Replace what depends on the machine and the moment, and remove the lines of Java's log."""
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    text = text.replace("\0", r"\0")
    text = re.sub(r"(?m)^(\S{10}\s+\S+) " + f"{user} +{group}", r"\1 USER GROUP", text)
    text = re.sub(r"(?m)^(d\S+ +- \S+ \S+ +)(4096|4 K) ", lambda m: f"{m[1]}{'0':>{len(m[2])}} ", text)
    text = re.sub(r" 20(?!24-05-06)\d\d-\d\d-\d\d \d\d:\d\d", " NOW", text)
    return re.sub(r"(?m)^20\d\d-\S+ \S+ INFO .*\n", "", text)


def main() -> None:
    sys.path.append(str(HERE.parent / "hadoop"))
    from hadoop_home import hadoop_home

    home = hadoop_home()
    java = ["java", "-XX:TieredStopAtLevel=1", "-Duser.timezone=UTC"]
    classes = [home / "classes", home / "etc/hadoop", home / "share/hadoop/common/lib/*"]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "tree"
        fs_tree.make(root)
        said = subprocess.run(
            [*java, "-cp", ":".join(map(str, classes)), str(HERE / "FsCommands.java")],
            input=(HERE / "commands.txt").read_text().replace("DIR", str(root)).encode(),
            stdout=subprocess.PIPE,
            cwd=root,
            check=True,
        ).stdout.decode()
        blocks = said.replace(str(root), "DIR")
    # keep only the first line of an error: the list of commands that follows is longer than ours
    blocks = re.sub(r"(-- stderr\n[^\n]*\n(?:Did you[^\n]*\n)?)Usage: .*?\n--\n", r"\1--\n", blocks, flags=re.DOTALL)
    (HERE / "recorded.txt").write_text(plain(blocks))


if __name__ == "__main__":
    main()

"""Job properties: old and present names, `${}`, what fits a job's file, and configuration files."""

import os
import re
from collections.abc import Mapping

from streamtools.job.defaults import DEFAULTS
from streamtools.job.refusal import Refused
from streamtools.job.renamed import RENAMED

__all__ = [
    "DEFAULTS", "INPUT_FORMAT", "OUTPUT_FORMAT", "RENAMED", "check_fit_for_xml", "configuration_file", "current",
    "expanded", "is_true", "user_name",
]  # fmt: skip

INPUT_FORMAT = "mapreduce.input.fileinputformat"
OUTPUT_FORMAT = "mapreduce.output.fileoutputformat"

VARIABLE = re.compile(r"\$\{([^{}$\s]+)\}")
ENVIRONMENT = re.compile(r"(.*?)(?:(:-|-)(.*))?", re.DOTALL)
DEPTH = 20  # Hadoop gives up here
UNFIT_FOR_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def current(name: str) -> str:
    """The present name of a property."""
    return RENAMED.get(name, name)


def system_properties() -> dict[str, str]:
    """What Java knows of itself and users put into `${}`."""
    home = os.path.expanduser("~")
    return {
        "user.name": user_name(),
        "user.home": home,
        "user.dir": os.getcwd(),
        "java.io.tmpdir": os.environ.get("TMPDIR", "/tmp"),
        "file.separator": os.sep,
        "path.separator": os.pathsep,
        "line.separator": "\n",
        "os.name": "Linux",
    }


def user_name() -> str:
    """Who runs the job."""
    name = os.environ.get("HADOOP_USER_NAME") or os.environ.get("USER") or os.environ.get("LOGNAME")
    if name:
        return name
    from pwd import getpwuid

    try:
        return getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def expanded(properties: Mapping[str, str]) -> dict[str, str]:
    """All values with `${name}` replaced by the property or Java system property of that name, as far as known."""
    if not any("${" in value for value in properties.values()):
        return dict(properties)
    system = system_properties()

    def known(name: str) -> str | None:
        if name.startswith("env."):
            return _of_environment(name[4:])
        return properties.get(current(name), system.get(name))

    def expand(value: str) -> str:
        for _ in range(DEPTH):
            match = next((m for m in VARIABLE.finditer(value) if known(m[1]) is not None), None)
            if match is None:
                break
            value = value[: match.start()] + str(known(match[1])) + value[match.end() :]
        return value

    return {name: expand(value) for name, value in properties.items()}


def _of_environment(text: str) -> str | None:
    """What `${env.TEXT}` stands for: NAME, NAME-DEFAULT or NAME:-DEFAULT, which also counts where NAME is empty."""
    match = ENVIRONMENT.fullmatch(text)
    assert match
    value = os.environ.get(match[1])
    if match[2] is None:
        return value
    return match[3] if value is None or (not value and match[2] == ":-") else value


def check_fit_for_xml(properties: Mapping[str, str]) -> None:
    """Raise Refused for a value that cannot travel in the job's XML file."""
    for name, value in properties.items():
        if match := UNFIT_FOR_XML.search(value):
            raise Refused(
                f"{name}: Illegal character entity: expansion character (code {hex(ord(match[0]))})",
                "a job's properties travel as XML 1.0, which has no control characters; take a printable one",
            )


def configuration_file(path: str) -> dict[str, str]:
    """The properties of a Hadoop configuration file; raises Refused when it cannot be read as one."""
    from xml.etree import ElementTree

    try:
        root = ElementTree.parse(path).getroot()
    except FileNotFoundError:
        raise Refused(f"{path} not found", "name an existing file with -conf") from None
    except (OSError, ElementTree.ParseError) as error:
        raise Refused(f"{path}: {error}", "a configuration file is XML: <configuration><property>...") from None
    found = {}
    for element in root.iter("property"):
        name, value = element.findtext("name"), element.findtext("value")
        if name and value is not None:
            found[current(name.strip())] = value
    return found


def is_true(value: str | None, default: bool = False) -> bool:
    """A Java boolean property: `true` or `false` in any case, anything else is the default."""
    told = (value or "").strip().lower()
    return {"true": True, "false": False}.get(told, default)

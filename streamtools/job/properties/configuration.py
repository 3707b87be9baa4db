"""Where properties come from: present names for old ones, `${}`, configuration files, the user's name."""

import os
import re
from collections.abc import Mapping

from streamtools.job.properties.renamed import RENAMED
from streamtools.job.refusal import Refused

VARIABLE = re.compile(r"\$\{([^{}$\s]+)\}")
ENVIRONMENT = re.compile(r"(.*?)(?:(:-|-)(.*))?", re.DOTALL)
DEPTH = 20  # Hadoop expands a value no more often than this
UNFIT_FOR_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def renew_name(name: str) -> str:
    """Return the present name of a property, which may be given by an old one."""
    return RENAMED.get(name, name)


def parse_assignment(text: str) -> dict[str, str]:
    """Return the property that NAME=VALUE sets, under its present name; nothing for any other text."""
    name, equals, value = text.partition("=")
    name = renew_name(name.strip())
    return {name: value} if equals and name else {}


def user_name() -> str:
    """Return the name of the user who runs the job."""
    name = os.environ.get("HADOOP_USER_NAME") or os.environ.get("USER") or os.environ.get("LOGNAME")
    if name:
        return name
    from pwd import getpwuid

    try:
        return getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def expand_variables(properties: Mapping[str, str]) -> dict[str, str]:
    """Replace each known `${name}` in all values by the property or Java system property of that name."""
    if not any("${" in value for value in properties.values()):
        return dict(properties)
    system = _system_properties()

    def look_up(name: str) -> str | None:
        if name.startswith("env."):
            return _expand_environment(name[4:])
        return properties.get(renew_name(name), system.get(name))

    def expand(value: str) -> str:
        for _ in range(DEPTH):
            match = next((m for m in VARIABLE.finditer(value) if look_up(m[1]) is not None), None)
            if match is None:
                break
            value = value[: match.start()] + str(look_up(match[1])) + value[match.end() :]
        return value

    return {name: expand(value) for name, value in properties.items()}


def _system_properties() -> dict[str, str]:
    """Return the Java system properties that users refer to in `${}`."""
    return {
        "user.name": user_name(),
        "user.home": os.path.expanduser("~"),
        "user.dir": os.getcwd(),
        "java.io.tmpdir": os.environ.get("TMPDIR", "/tmp"),
        "file.separator": os.sep,
        "path.separator": os.pathsep,
        "line.separator": "\n",
        "os.name": "Linux",
    }


def _expand_environment(text: str) -> str | None:
    """Expand `${env.TEXT}`, where TEXT is NAME, NAME-DEFAULT or NAME:-DEFAULT (DEFAULT also if NAME is empty)."""
    match = ENVIRONMENT.fullmatch(text)
    assert match
    value = os.environ.get(match[1])
    if match[2] is None:
        return value
    return match[3] if value is None or (not value and match[2] == ":-") else value


def check_fit_for_xml(properties: Mapping[str, str]) -> None:
    """Raise Refused for a value that the job's XML file cannot hold."""
    for name, value in properties.items():
        if match := UNFIT_FOR_XML.search(value):
            raise Refused(
                f"{name}: Illegal character entity: expansion character (code {hex(ord(match[0]))})",
                "use a printable character; Hadoop sends properties as XML 1.0, which has no control characters",
            )


def read_configuration_file(path: str) -> dict[str, str]:
    """Return the properties of a Hadoop configuration file. Raises Refused if it is missing or malformed."""
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
            found[renew_name(name.strip())] = value
    return found

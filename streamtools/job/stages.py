"""The stages of a job: mapper, combiner and reducer from their options, or from the properties that these set."""

import os
from collections.abc import Callable, Mapping
from typing import NamedTuple

from streamtools.java import class_names
from streamtools.job.classes import find_stage_class
from streamtools.job.command_line import CommandLine
from streamtools.job.job import Stage
from streamtools.job.properties import REDUCES


class Stages(NamedTuple):
    """The stages of a job; combiner: None if there is none."""

    mapper: Stage
    combiner: Stage | None
    reducer: Stage


def build_stages(line: CommandLine, given: Mapping[str, str], find_class: Callable[[str, str], str]) -> Stages:
    """Return the stages of a command line. Raises Refused for a class without stand-in.

    A program shipped with -file is called by its base name, as it lies in the task's directory.
    """
    bases = {os.path.realpath(path): os.path.basename(path) for path in line.all("file")}

    def build(option: str, default: str) -> Stage:
        text = line.one(option)
        if text is None and (name := given.get(f"mapred.{option}.class")):
            return Stage(find_class(option, name), False)
        if text is None or (not text and option != "mapper"):  # an empty reducer passes records on unchanged
            return Stage(default, False)
        if full := find_stage_class(option, text):
            return Stage(full, False)
        program, blank, rest = text.partition(" ")
        return Stage(bases.get(os.path.realpath(program), program) + blank + rest, True)

    mapper = build("mapper", class_names.IDENTITY_MAPPER)
    combines = line.one("combiner") is not None or "mapred.combiner.class" in given
    combiner = build("combiner", class_names.IDENTITY_REDUCER) if combines else None
    reducer = line.one("reducer") or ""
    if reducer == "NONE":
        return Stages(mapper, None, Stage(class_names.IDENTITY_REDUCER, False))
    if reducer.lower() == "aggregate":
        combiner = Stage(class_names.AGGREGATE_COMBINER, False)
        return Stages(mapper, combiner, Stage(class_names.AGGREGATE_REDUCER, False))
    if given.get(REDUCES, "").strip() == "0" and reducer in class_names.NEW_API_STAGES:  # it is not looked at then
        return Stages(mapper, combiner, Stage(reducer, True))
    return Stages(mapper, combiner, build("reducer", class_names.IDENTITY_REDUCER))

"""YAML that ships with the package as plain data; what was parsed once is read as JSON, which takes a hundredth of the time."""

import hashlib
import json
from contextlib import suppress
from importlib.metadata import version
from typing import Any

from .checked_files import cache_of_this_machine


def yaml_data(text: str) -> Any:
    """The plain data of a YAML text: kept by a hash of the text, and parsed where nothing is kept.

    Raises
    ------
    ruamel.yaml.error.YAMLError
        If the text is no YAML.
    """
    files = cache_of_this_machine()
    key = "yaml-" + hashlib.sha256((version("ruamel.yaml") + text).encode()).hexdigest()
    kept = None if files is None else files.get(key)
    if kept is not None:
        with suppress(ValueError):
            return json.loads(kept)
    from ruamel.yaml import YAML

    data = YAML(typ="safe", pure=True).load(text)
    if files is not None and (written := _as_json(data)) is not None:
        files.put(key, written.encode())
    return data


def _as_json(data: Any) -> str | None:
    """The same data as JSON; None for what JSON cannot tell, such as dates and keys that are numbers."""
    try:
        written = json.dumps(data)
    except (TypeError, ValueError):
        return None
    return written if repr(json.loads(written)) == repr(data) else None

"""The contract as data: `contract.json`, generated from the WIT."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

Type = Any
"""A type: `"string"` and the other primitive types of WIT, the name of a definition, or a compound: `{"option": Type}`,
`{"list": Type}`, `{"tuple": [Type, …]}`, `{"result": {"ok": Type | None, "error": Type | None}}`."""


@dataclass(frozen=True)
class Field:
    """A field of a record."""

    name: str
    """The name in the WIT."""
    key: str
    """The name in Python."""
    type: Type


@dataclass(frozen=True)
class Function:
    """A function of the contract."""

    name: str
    interface: str
    parameters: list[tuple[str, Type]]
    result: Type | None


_CONTRACT = json.loads(files(__package__).joinpath("contract.json").read_text("utf-8"))

PACKAGE, _, VERSION = _CONTRACT["package"].partition("@")
"""The package of the WIT and its version."""

DEFINITIONS: dict[str, dict[str, Any]] = {}
"""The types by their names: `{"record": [Field, …]}`, `{"variant": {case: Type | None}}`, `{"enum": [case, …]}` or
`{"alias": Type}`."""

FUNCTIONS: dict[str, Function] = {}
"""The functions by their names."""


def snake(name: str) -> str:
    """Returns a name of the WIT as Python writes it."""
    return name.replace("-", "_")


for _interface in _CONTRACT["interfaces"]:
    for _type in _interface["types"]:
        if "record" in _type:
            _fields = [Field(field["name"], snake(field["name"]), field["type"]) for field in _type["record"]]
            DEFINITIONS[_type["name"]] = {"record": _fields}
        elif "variant" in _type:
            DEFINITIONS[_type["name"]] = {"variant": {case["name"]: case["type"] for case in _type["variant"]}}
        elif "enum" in _type:
            DEFINITIONS[_type["name"]] = {"enum": [case["name"] for case in _type["enum"]]}
        else:
            DEFINITIONS[_type["name"]] = {"alias": _type["alias"]}
    for _function in _interface["functions"]:
        _parameters = [(parameter["name"], parameter["type"]) for parameter in _function["parameters"]]
        FUNCTIONS[_function["name"]] = Function(_function["name"], _interface["name"], _parameters, _function["result"])

"""The JSON form of the contract's values: names in kebab-case, variants as `"name"` or `{"name": value}`, results as
`{"ok": value}` or `{"error": value}`, bytes in base64. It is the same in every language, so that values can be stored by
one program and read by another.
"""

from __future__ import annotations

import base64
from typing import Any

from .errors import ArgumentError
from .schema import DEFINITIONS, Type


def to_json(type: Type, value: Any) -> Any:
    """Returns the JSON form of a value. `type` is the name of a type of the contract: `provider-request`.

    Raises `ArgumentError` if it has an unknown case.
    """
    if isinstance(type, dict):
        ((kind, inner),) = type.items()
        if kind == "option":
            return None if value is None else to_json(inner, value)
        if kind == "list":
            if inner == "u8":
                return base64.b64encode(value).decode()
            return [to_json(inner, element) for element in value]
        if kind == "tuple":
            return [to_json(element, part) for element, part in zip(inner, value, strict=True)]
        tag = value["tag"]
        return {tag: None if inner[tag] is None else to_json(inner[tag], value["val"])}
    definition = DEFINITIONS.get(type, {"enum": []})
    if "alias" in definition:
        return to_json(definition["alias"], value)
    if "variant" in definition:
        tag = value["tag"]
        if tag not in definition["variant"]:
            raise ArgumentError(f"{type}: the contract has no case {tag}")
        payload = definition["variant"][tag]
        return tag if payload is None else {tag: to_json(payload, value["val"])}
    if "record" in definition:
        return {field.name: to_json(field.type, value.get(field.key)) for field in definition["record"]}
    return value


def from_json(type: Type, json: Any) -> Any:
    """Returns the value that has this JSON form. The call that takes it checks its types.

    Raises `ArgumentError` if it has an unknown member.
    """
    if isinstance(type, dict):
        ((kind, inner),) = type.items()
        if kind == "option":
            return None if json is None else from_json(inner, json)
        if kind == "list" and inner == "u8":
            return base64.b64decode(json, validate=True) if isinstance(json, str) else json
        if kind == "list":
            return [from_json(inner, element) for element in json] if isinstance(json, list) else json
        if kind == "tuple" and isinstance(json, list) and len(json) == len(inner):
            return tuple(from_json(element, part) for element, part in zip(inner, json, strict=True))
        return json
    definition = DEFINITIONS.get(type, {"enum": []})
    if "alias" in definition:
        return from_json(definition["alias"], json)
    if "variant" in definition and isinstance(json, str):
        return {"tag": json}
    if "variant" in definition and isinstance(json, dict) and len(json) == 1:
        ((tag, payload),) = json.items()
        return {"tag": tag, "val": from_json(definition["variant"].get(tag), payload)}
    if "record" in definition and isinstance(json, dict):
        unknown = json.keys() - {field.name for field in definition["record"]}
        if unknown:
            raise ArgumentError(f"{type}: unknown member {sorted(unknown)[0]}")
        return {field.key: from_json(field.type, json.get(field.name)) for field in definition["record"]}
    return json

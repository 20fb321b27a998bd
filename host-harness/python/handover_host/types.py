"""Compares the types of a component with those of the contract.

The values of a function with other types would be read as something else, in the worst case as pointers.
"""

from __future__ import annotations

from typing import Any

import wasmtime
from wasmtime import component as wasm
from wasmtime.component import _types as reflected

from .errors import LoadError
from .schema import DEFINITIONS, FUNCTIONS, PACKAGE, VERSION, Type

CLOCK = "wasi:clocks/wall-clock@0.2.6"

_PRIMITIVES = {
    "bool": reflected.Bool,
    "u8": reflected.U8,
    "u16": reflected.U16,
    "u32": reflected.U32,
    "u64": reflected.U64,
    "s8": reflected.S8,
    "s16": reflected.S16,
    "s32": reflected.S32,
    "s64": reflected.S64,
    "f32": reflected.F32,
    "f64": reflected.F64,
    "string": reflected.String,
}


def check_export(engine: wasmtime.Engine, name: str, interface: Any) -> None:
    """Checks that an interface that a component exports has all functions of the contract's. It can have more.

    Raises `LoadError`.
    """
    found = _function_types(engine, interface)
    expected = _functions_of(name)
    for function in sorted(found.keys() & expected.keys()):
        _check_function(function, found[function], expected[function])
    missing = expected.keys() - found.keys()
    if missing:
        raise LoadError(f"the component has no function {min(missing)}: it implements another version of the contract")


def check_import(engine: wasmtime.Engine, name: str, interface: Any) -> None:
    """Checks that an interface that a component imports has only functions of the contract's.

    Raises `LoadError`.
    """
    expected = _functions_of(name)
    for function, type in _function_types(engine, interface).items():
        if function not in expected:
            raise LoadError(f"the component imports the function {function} of {name}, which this host does not have")
        _check_function(function, type, expected[function])


def _function_types(engine: wasmtime.Engine, interface: Any) -> dict[str, Any]:
    """Returns the type of each function of a component's interface."""
    return {
        function: item.ty for function, item in interface.exports(engine).items() if isinstance(item.ty, wasm.FuncType)
    }


def _check_function(name: str, type: Any, expected: tuple[list[Type], Type | None]) -> None:
    """Checks that a function of a component has the parameters and the result of the contract's."""
    parameters, result = expected
    same = [same_type(actual, wanted) for (_, actual), wanted in zip(type.params, parameters, strict=False)]
    if len(type.params) != len(parameters) or not all(same) or not same_type(type.result, result):
        raise LoadError(f"the component's function {name} does not have the contract's types")


def _functions_of(name: str) -> dict[str, tuple[list[Type], Type | None]]:
    """Returns the parameters and the result of each function of an interface."""
    if name == CLOCK:
        datetime: Type = {"record": [("seconds", "u64"), ("nanoseconds", "u32")]}
        return {"now": ([], datetime), "resolution": ([], datetime)}
    return {
        function.name: ([type for _, type in function.parameters], function.result)
        for function in FUNCTIONS.values()
        if f"{PACKAGE}/{function.interface}@{VERSION}" == name
    }


def same_type(actual: Any, wanted: Type | None) -> bool:
    """Returns whether a type of a component is one of the contract. `None` is no value."""
    if actual is None or wanted is None:
        return actual is None and wanted is None
    if isinstance(wanted, str):
        if wanted in _PRIMITIVES:
            return isinstance(actual, _PRIMITIVES[wanted])
        definition = DEFINITIONS[wanted]
        if "alias" in definition:
            return same_type(actual, definition["alias"])
        if "enum" in definition:
            return isinstance(actual, reflected.EnumType) and list(actual.names) == definition["enum"]
        if "variant" in definition:
            return isinstance(actual, reflected.VariantType) and _same_parts(
                actual.cases, list(definition["variant"].items())
            )
        fields = [(field.name, field.type) for field in definition["record"]]
        return isinstance(actual, reflected.RecordType) and _same_parts(actual.fields, fields)
    ((kind, inner),) = wanted.items()
    if kind == "record":
        return isinstance(actual, reflected.RecordType) and _same_parts(actual.fields, inner)
    if kind == "option":
        return isinstance(actual, reflected.OptionType) and same_type(actual.payload, inner)
    if kind == "list":
        return isinstance(actual, reflected.ListType) and same_type(actual.element, inner)
    if kind == "tuple":
        return (
            isinstance(actual, reflected.TupleType)
            and len(actual.elements) == len(inner)
            and all(map(same_type, actual.elements, inner))
        )
    return (
        isinstance(actual, reflected.ResultType)
        and same_type(actual.ok, inner["ok"])
        and same_type(actual.err, inner["error"])
    )


def _same_parts(actual: list[tuple[str, Any]], wanted: list[tuple[str, Any]]) -> bool:
    """Returns whether fields or cases have the same names and types, in the same order."""
    names = [name for name, _ in actual] == [name for name, _ in wanted]
    return names and all(same_type(type, other) for (_, type), (_, other) in zip(actual, wanted, strict=True))

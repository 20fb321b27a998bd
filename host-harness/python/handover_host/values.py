"""Converts values to those of wasmtime's C API, and back.

wasmtime's own conversion asks for the types of each value, converts a list of bytes byte by byte, and leaves out the tag
of a variant whose cases have different Python types. So it is replaced by functions that are made once for each type.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import byref, memmove, memset, string_at
from functools import cache
from typing import Any

from wasmtime import _ffi as ffi

from .errors import ArgumentError, CallError, exceeded
from .limits import Limits
from .schema import DEFINITIONS, Field, Type

Val = ffi.wasmtime_component_val_t
_SIZE = ctypes.sizeof(Val)
_UNION = Val.of.offset

_Lower = Callable[[Any, Any, str], None]
"""Writes a value into a `Val` that is zero. The text is the path of the value, for errors."""
_Lift = Callable[[Any, "Budget"], Any]
"""Returns the value of a `Val`."""

_KINDS = {
    "bool": (ffi.WASMTIME_COMPONENT_BOOL.value, "boolean"),
    "u8": (ffi.WASMTIME_COMPONENT_U8.value, "u8"),
    "u16": (ffi.WASMTIME_COMPONENT_U16.value, "u16"),
    "u32": (ffi.WASMTIME_COMPONENT_U32.value, "u32"),
    "u64": (ffi.WASMTIME_COMPONENT_U64.value, "u64"),
    "s8": (ffi.WASMTIME_COMPONENT_S8.value, "s8"),
    "s16": (ffi.WASMTIME_COMPONENT_S16.value, "s16"),
    "s32": (ffi.WASMTIME_COMPONENT_S32.value, "s32"),
    "s64": (ffi.WASMTIME_COMPONENT_S64.value, "s64"),
    "f32": (ffi.WASMTIME_COMPONENT_F32.value, "f32"),
    "f64": (ffi.WASMTIME_COMPONENT_F64.value, "f64"),
}
_STRING = ffi.WASMTIME_COMPONENT_STRING.value
_LIST = ffi.WASMTIME_COMPONENT_LIST.value
_RECORD = ffi.WASMTIME_COMPONENT_RECORD.value
_TUPLE = ffi.WASMTIME_COMPONENT_TUPLE.value
_VARIANT = ffi.WASMTIME_COMPONENT_VARIANT.value
_ENUM = ffi.WASMTIME_COMPONENT_ENUM.value
_OPTION = ffi.WASMTIME_COMPONENT_OPTION.value
_RESULT = ffi.WASMTIME_COMPONENT_RESULT.value


class Budget:
    """The bytes that a result may still have."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._left = limits.output

    def take(self, size: int) -> None:
        """Counts bytes of the result.

        Raises `CallError` if it exceeds `Limits.output`.
        """
        self._left -= size
        if self._left < 0:
            raise exceeded("output", self._limits)


def lower(type: Type, value: Any, val: Any, path: str) -> None:
    """Writes a value into a `Val` that is zero. Delete the `Val` afterwards, also after an error.

    `path` names the value in errors: `message`. Raises `ArgumentError`.
    """
    _lowering(_key(type))(value, val, path)


def lift(type: Type, val: Any, budget: Budget) -> Any:
    """Returns the value of a `Val`. Raises `CallError` if it exceeds the budget."""
    return _lifting(_key(type))(val, budget)


def _key(type: Type) -> Any:
    """Returns a type in a form that can be a key."""
    if isinstance(type, str) or type is None:
        return type
    if isinstance(type, tuple):
        return type
    ((kind, inner),) = type.items()
    if kind == "tuple":
        return (kind, *(_key(element) for element in inner))
    if kind == "result":
        return (kind, _key(inner["ok"]), _key(inner["error"]))
    return (kind, _key(inner))


def _kind_of(value: Any) -> str:
    """Says what a value is, without showing its content."""
    return "None" if value is None else f"a value of type {value.__class__.__name__}"


def _expected(path: str, what: str, value: Any) -> ArgumentError:
    return ArgumentError(f"{path}: expected {what}, got {_kind_of(value)}")


def set_text(name: Any, text: bytes) -> None:
    """Writes a text into a `wasm_name_t`, to which it then belongs."""
    ffi.wasm_byte_vec_new_uninitialized(byref(name), len(text))
    if text:
        memmove(name.data, text, len(text))


def _text(name: Any) -> bytes:
    return string_at(name.data, name.size) if name.size else b""


def _elements(vec: Any, new: Callable[..., Any], size: int, element_size: int) -> Any:
    """Allocates the elements of a list, record or tuple. They are zero, so that they can be deleted at any time."""
    new(byref(vec), size)
    if size:
        memset(vec.data, 0, size * element_size)
    return vec.data


@cache
def _lowering(type: Any) -> _Lower:
    if isinstance(type, str):
        return _lower_named(type)
    kind = type[0]
    if kind == "option":
        return _lower_option(_lowering(type[1]))
    if kind == "list":
        return _lower_bytes if type[1] == "u8" else _lower_list(_lowering(type[1]))
    if kind == "tuple":
        return _lower_tuple([_lowering(element) for element in type[1:]])
    return _lower_result(*(element and _lowering(element) for element in type[1:]))


def _lower_named(type: str) -> _Lower:
    if type == "string":
        return _lower_string
    if type in _KINDS:
        return _lower_primitive(type)
    definition = DEFINITIONS[type]
    if "alias" in definition:
        return _lowering(_key(definition["alias"]))
    if "enum" in definition:
        return _lower_enum(definition["enum"])
    if "variant" in definition:
        return _lower_variant(definition["variant"])
    return _lower_record(definition["record"])


def _lower_primitive(type: str) -> _Lower:
    kind, member = _KINDS[type]
    if type == "bool":
        return _lower_as(bool, "a bool", kind, member)
    if type[0] == "f":
        return _lower_as((int, float), "a float", kind, member)
    bits = int(type[1:])
    least, greatest = (0, 2**bits - 1) if type[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    what = f"an int from {least} to {greatest}"
    lower_int = _lower_as(int, what, kind, member)

    def lower(value: Any, val: Any, path: str) -> None:
        if isinstance(value, int) and not least <= value <= greatest:
            raise ArgumentError(f"{path}: expected {what}")
        lower_int(value, val, path)

    return lower


def _lower_as(expected: Any, what: str, kind: int, member: str) -> _Lower:
    def lower(value: Any, val: Any, path: str) -> None:
        # To Python, a bool is an int.
        if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
            raise _expected(path, what, value)
        setattr(val.of, member, value)
        val.kind = kind

    return lower


def _lower_string(value: Any, val: Any, path: str) -> None:
    if not isinstance(value, str):
        raise _expected(path, "a str", value)
    try:
        text = value.encode()
    except UnicodeEncodeError:
        raise ArgumentError(f"{path}: expected Unicode text, got a lone surrogate") from None
    set_text(val.of.string, text)
    val.kind = _STRING


def _lower_bytes(value: Any, val: Any, path: str) -> None:
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise _expected(path, "bytes (as they came, not a str)", value)
    value = memoryview(value).cast("B")
    size = len(value)
    data = _elements(val.of.list, ffi.wasmtime_component_vallist_new_uninit, size, _SIZE)
    val.kind = _LIST
    if size:
        # Each byte is a `Val` of its own: its kind, and the byte in its union. The rest is zero.
        vals = bytearray(size * _SIZE)
        vals[Val.kind.offset :: _SIZE] = bytes([_KINDS["u8"][0]]) * size
        vals[_UNION::_SIZE] = value
        memmove(data, (ctypes.c_char * len(vals)).from_buffer(vals), len(vals))


def _lower_list(element: _Lower) -> _Lower:
    def lower(value: Any, val: Any, path: str) -> None:
        if not isinstance(value, (list, tuple)):
            raise _expected(path, "a list", value)
        data = _elements(val.of.list, ffi.wasmtime_component_vallist_new_uninit, len(value), _SIZE)
        val.kind = _LIST
        for index, item in enumerate(value):
            element(item, data[index], f"{path}[{index}]")

    return lower


def _lower_tuple(elements: list[_Lower]) -> _Lower:
    def lower(value: Any, val: Any, path: str) -> None:
        if not isinstance(value, (list, tuple)) or len(value) != len(elements):
            raise _expected(path, f"a tuple of {len(elements)}", value)
        data = _elements(val.of.tuple, ffi.wasmtime_component_valtuple_new_uninit, len(elements), _SIZE)
        val.kind = _TUPLE
        for index, element in enumerate(elements):
            element(value[index], data[index], f"{path}[{index}]")

    return lower


def _lower_option(inner: _Lower) -> _Lower:
    def lower(value: Any, val: Any, path: str) -> None:
        if value is not None:
            val.of.option = _boxed(inner, value, path)
        val.kind = _OPTION

    return lower


def _boxed(inner: _Lower, value: Any, path: str) -> Any:
    """Returns a pointer to a new `Val`, which belongs to the value that contains it."""
    within = Val()
    try:
        inner(value, within, path)
    except BaseException:
        ffi.wasmtime_component_val_delete(byref(within))
        raise
    return ffi.wasmtime_component_val_new(byref(within))


def _lower_result(ok: _Lower | None, error: _Lower | None) -> _Lower:
    def lower(value: Any, val: Any, path: str) -> None:
        is_ok = value["tag"] == "ok"
        inner = ok if is_ok else error
        if inner is not None:
            val.of.result.val = _boxed(inner, value["val"], path)
        val.of.result.is_ok = is_ok
        val.kind = _RESULT

    return lower


def _lower_enum(cases: list[str]) -> _Lower:
    names = {case: case.encode() for case in cases}

    def lower(value: Any, val: Any, path: str) -> None:
        name = names.get(value) if isinstance(value, str) else None
        if name is None:
            raise _expected(path, f"one of {', '.join(cases)}", value)
        set_text(val.of.enumeration, name)
        val.kind = _ENUM

    return lower


def _lower_variant(cases: dict[str, Type | None]) -> _Lower:
    names = {case: case.encode() for case in cases}

    def lower(value: Any, val: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise _expected(path, "a dict with the keys `tag` and `val`", value)
        tag = value.get("tag")
        if not isinstance(tag, str) or tag not in cases:
            raise _expected(f"{path}.tag", f"one of {', '.join(cases)}", tag)
        type = cases[tag]
        unknown = value.keys() - ({"tag"} if type is None else {"tag", "val"})
        if unknown:
            raise ArgumentError(f"{path}: unknown key {min(map(str, unknown))}")
        if type is not None:
            val.of.variant.val = _boxed(_lowering(_key(type)), value.get("val"), f"{path}.val")
        set_text(val.of.variant.discriminant, names[tag])
        val.kind = _VARIANT

    return lower


def _lower_record(fields: list[Field]) -> _Lower:
    entry_size = ctypes.sizeof(ffi.wasmtime_component_valrecord_entry_t)
    keys = {field.key for field in fields}
    parts = [(field.name.encode(), field.key, field.type) for field in fields]

    def lower(value: Any, val: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise _expected(path, "a dict", value)
        unknown = value.keys() - keys
        if unknown:
            raise ArgumentError(f"{path}: unknown key {sorted(map(str, unknown))[0]}")
        data = _elements(val.of.record, ffi.wasmtime_component_valrecord_new_uninit, len(parts), entry_size)
        val.kind = _RECORD
        for index, (name, key, type) in enumerate(parts):
            entry = data[index]
            set_text(entry.name, name)
            _lowering(_key(type))(value.get(key), entry.val, f"{path}.{key}")

    return lower


def _kind_of_type(type: Any) -> int:
    """Returns the kind that a `Val` of this type has."""
    if isinstance(type, tuple):
        return {"option": _OPTION, "list": _LIST, "tuple": _TUPLE, "result": _RESULT}[type[0]]
    if type == "string":
        return _STRING
    if type in _KINDS:
        return _KINDS[type][0]
    definition = DEFINITIONS[type]
    if "alias" in definition:
        return _kind_of_type(_key(definition["alias"]))
    return _ENUM if "enum" in definition else _VARIANT if "variant" in definition else _RECORD


@cache
def _lifting(type: Any) -> _Lift:
    kind, lift_unchecked = _kind_of_type(type), _lifting_unchecked(type)

    def lift(val: Any, budget: Budget) -> Any:
        # A value of another type would be read as pointers. `Component` has compared the types; this does not rely on it.
        if val.kind != kind:
            raise CallError("broken", "the plugin returned a value of another type")
        return lift_unchecked(val, budget)

    return lift


def _lifting_unchecked(type: Any) -> _Lift:
    if isinstance(type, str):
        return _lift_named(type)
    kind = type[0]
    if kind == "option":
        return _lift_option(_lifting(type[1]))
    if kind == "list":
        return _lift_bytes if type[1] == "u8" else _lift_list(_lifting(type[1]))
    if kind == "tuple":
        return _lift_tuple([_lifting(element) for element in type[1:]])
    return _lift_result(*(element and _lifting(element) for element in type[1:]))


def _lift_named(type: str) -> _Lift:
    if type == "string":
        return _lift_string
    if type in _KINDS:
        member = _KINDS[type][1]
        return lambda val, budget: getattr(val.of, member)
    definition = DEFINITIONS[type]
    if "alias" in definition:
        return _lifting(_key(definition["alias"]))
    if "enum" in definition:
        return lambda val, budget: _text(val.of.enumeration).decode()
    if "variant" in definition:
        return _lift_variant(definition["variant"])
    return _lift_record(definition["record"])


def _lift_string(val: Any, budget: Budget) -> str:
    text = val.of.string
    budget.take(text.size)
    return _text(text).decode()


def _lift_bytes(val: Any, budget: Budget) -> bytes:
    size = val.of.list.size
    budget.take(size)
    if not size:
        return b""
    if val.of.list.data[0].kind != _KINDS["u8"][0]:
        raise CallError("broken", "the plugin returned a value of another type")
    return string_at(val.of.list.data, size * _SIZE)[_UNION::_SIZE]


def _lift_list(element: _Lift) -> _Lift:
    def lift(val: Any, budget: Budget) -> list[Any]:
        items = val.of.list
        budget.take(4 * items.size)
        data = items.data
        return [element(data[index], budget) for index in range(items.size)]

    return lift


def _lift_tuple(elements: list[_Lift]) -> _Lift:
    def lift(val: Any, budget: Budget) -> tuple[Any, ...]:
        data = val.of.tuple.data
        return tuple(element(data[index], budget) for index, element in enumerate(elements))

    return lift


def _lift_option(inner: _Lift) -> _Lift:
    def lift(val: Any, budget: Budget) -> Any:
        option = val.of.option
        return inner(option.contents, budget) if option else None

    return lift


def _lift_result(ok: _Lift | None, error: _Lift | None) -> _Lift:
    def lift(val: Any, budget: Budget) -> dict[str, Any]:
        result = val.of.result
        tag, inner = ("ok", ok) if result.is_ok else ("error", error)
        return {"tag": tag, "val": inner(result.val.contents, budget) if inner is not None else None}

    return lift


def _lift_variant(cases: dict[str, Type | None]) -> _Lift:
    payloads = {case.encode(): (case, type and _key(type)) for case, type in cases.items()}

    def lift(val: Any, budget: Budget) -> Any:
        variant = val.of.variant
        case, type = payloads[_text(variant.discriminant)]
        if type is None:
            return {"tag": case}
        return {"tag": case, "val": _lifting(type)(variant.val.contents, budget)}

    return lift


def _lift_record(fields: list[Field]) -> _Lift:
    parts = [(field.key, _key(field.type)) for field in fields]

    def lift(val: Any, budget: Budget) -> dict[str, Any]:
        data = val.of.record.data
        return {key: _lifting(type)(data[index].val, budget) for index, (key, type) in enumerate(parts)}

    return lift

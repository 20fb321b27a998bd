"""Instances of a component, and the calls into them."""

from __future__ import annotations

import ctypes
import os
import re
import threading
import time
import weakref
from collections.abc import Callable
from ctypes import byref, create_string_buffer
from dataclasses import dataclass, field, replace
from typing import Any

import wasmtime
from wasmtime import _ffi as ffi
from wasmtime import component as wasm

from .cache import Cache
from .errors import CallError, LoadError, exceeded
from .http import CheckedRequest, Transport, check
from .limits import CACHE_KEY, Limits
from .schema import FUNCTIONS, PACKAGE, VERSION, Function
from .types import CLOCK, check_export, check_import
from .values import Budget, Val, lift, lower, set_text

TICK = 0.01
"""The seconds between two checks of a provider that is computing."""

HTTP = f"{PACKAGE}/http@{VERSION}"
CACHE = f"{PACKAGE}/cache@{VERSION}"
TYPES = f"{PACKAGE}/types@{VERSION}"
GRANTED_IMPORTS = (HTTP, CACHE, TYPES, CLOCK)
INTERFACES = ("configuration", "handover", "bot-connector")
"""What a provider exports: the first of them, and at least one of the others."""

_TRAP = re.compile(r"wasm trap: ([^\n]*)")
_CORE_TRAPS = (
    "wasm `unreachable`",
    "out of bounds",
    "undefined element",
    "uninitialized",
    "indirect call",
    "integer",
    "invalid conversion",
)
"""The beginnings of the texts of traps by WebAssembly's instructions. The others come from values that violate the
canonical ABI."""

_DATETIME_FIELDS = ((b"seconds", ffi.WASMTIME_COMPONENT_U64.value), (b"nanoseconds", ffi.WASMTIME_COMPONENT_U32.value))


@dataclass(frozen=True)
class Granted:
    """What a call with effects may use."""

    origins: dict[str, str]
    """The origins by the provider's names."""
    namespace: str
    """The connection's namespace in the cache."""
    http: Transport = field(repr=False)
    cache: Cache = field(repr=False)


class _Call:
    """A call under way, in its thread."""

    def __init__(self, granted: Granted | None, limits: Limits, set_deadline: Callable[[int], None]) -> None:
        self.granted = granted
        self.limits = limits
        self.error: BaseException | None = None
        """Why an import failed."""
        self.exchanges = 0
        self._set_deadline = set_deadline
        self.ends = time.monotonic() + limits.call_time
        self._left = limits.cpu_time
        self._resumed = 0.0
        self.resume()

    def resume(self) -> None:
        """Continues the CPU time: the provider computes."""
        self._resumed = time.monotonic()
        self._set_deadline(max(int(self._left / TICK), 0) + 1)

    def pause(self) -> None:
        """Stops the CPU time: the provider waits for the host."""
        self._left -= time.monotonic() - self._resumed

    def of(self, name: str) -> Granted:
        """Returns what the call may use."""
        if self.granted is None:
            raise CallError("impure", f"the plugin called {name} from a pure function")
        self.check_time()
        return self.granted

    def check_time(self) -> None:
        """Raises `CallError` if the time of the whole call is up."""
        if time.monotonic() > self.ends:
            raise exceeded("call_time", self.limits)


_thread = threading.local()
"""`call`: the call that the thread makes."""


class Engine:
    """The engine, whose epoch increases while calls are under way."""

    def __init__(self, limits: Limits) -> None:
        config = wasmtime.Config()
        config.epoch_interruption = True
        config.max_wasm_stack = limits.stack
        try:
            # Compiling takes a second. wasmtime keeps the result in the user's folder for caches.
            config.cache = True
        except wasmtime.WasmtimeError:
            pass
        self.engine = wasmtime.Engine(config)
        self._reset()
        _engines.add(self)

    def _reset(self) -> None:
        """Sets up the counting of calls; also in a child process after `fork`, in which the thread does not exist."""
        self._changed = threading.Condition()
        self._calls = 0
        self._ticking = False

    def __enter__(self) -> None:
        with self._changed:
            if not self._ticking:
                threading.Thread(target=self._tick, name="handover-epoch", daemon=True).start()
                self._ticking = True
            self._calls += 1
            self._changed.notify()

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._calls -= 1

    def _tick(self) -> None:
        while True:
            with self._changed:
                # The thread ends when there was nothing to do for some time.
                if not self._changed.wait_for(lambda: self._calls > 0, timeout=10):
                    self._ticking = False
                    return
            time.sleep(TICK)
            self.engine.increment_epoch()


_engines: weakref.WeakSet[Engine] = weakref.WeakSet()


def _reset_after_fork() -> None:
    for engine in _engines:
        engine._reset()


os.register_at_fork(after_in_child=_reset_after_fork)


@dataclass
class Instance:
    """An instance with its store."""

    store: wasmtime.Store
    instance: wasm.Instance
    functions: dict[str, Any] = field(default_factory=dict)
    calls: int = 0


class Component:
    """A compiled component."""

    def __init__(self, engine: Engine, binary: bytes, limits: Limits) -> None:
        """Raises `LoadError` if the bytes are not a provider of this contract."""
        self._engine = engine
        self._limits = limits
        if binary[:4] != b"\0asm":
            raise LoadError("this is not WebAssembly: it does not start with the bytes 00 61 73 6d")
        if binary[6:8] == b"\0\0":
            raise LoadError("this is a core WebAssembly module, not a component; build it for wasm32-wasip2")
        try:
            self._component = wasm.Component(engine.engine, binary)
        except wasmtime.WasmtimeError as error:
            raise LoadError(f"the component is not valid: {error}") from None
        kind = self._component.type
        foreign = [name for name in kind.imports(engine.engine) if name not in GRANTED_IMPORTS]
        if foreign:
            granted = ", ".join(GRANTED_IMPORTS)
            raise LoadError(
                f"the component imports {', '.join(foreign)}, which this host does not grant; a provider may import {granted}"
            )
        for name, interface in kind.imports(engine.engine).items():
            check_import(engine.engine, name, interface.ty)
        exports = kind.exports(engine.engine)
        names = {short: f"{PACKAGE}/{short}@{VERSION}" for short in INTERFACES}
        self.interfaces = [short for short, name in names.items() if name in exports]
        """The interfaces that it exports."""
        if "configuration" not in self.interfaces or len(self.interfaces) == 1:
            first, *others = names.values()
            raise LoadError(
                f"the component does not export {first} and one of {' and '.join(others)}; it exports {', '.join(exports)}"
            )
        for short in self.interfaces:
            check_export(engine.engine, names[short], exports[names[short]].ty)
        self._indexes = self._find_functions()
        self._linker, self._callbacks = _linker(engine.engine)

    def _find_functions(self) -> dict[str, Any]:
        indexes = {}
        for name, function in FUNCTIONS.items():
            if function.interface in self.interfaces:
                within = self._component.get_export_index(f"{PACKAGE}/{function.interface}@{VERSION}")
                indexes[name] = self._component.get_export_index(name, within)
        return indexes

    def call(
        self, instance: Instance | None, name: str, values: list[Any], granted: Granted | None
    ) -> tuple[Any, Instance]:
        """Calls a function, in a new instance if there is none. Returns what it returned, also an error of the contract, and
        the instance, which can be used again.

        Raises `CallError`.
        """
        function = FUNCTIONS[name]
        with self._engine:
            if instance is None:
                store = wasmtime.Store(self._engine.engine)
                limits = self._limits
                store.set_limits(memory_size=limits.memory, table_elements=10_000, instances=16, tables=16, memories=1)
            else:
                store = instance.store
            call = _Call(granted, self._limits, store.set_epoch_deadline)
            outer, _thread.call = getattr(_thread, "call", None), call
            try:
                if instance is None:
                    instance = Instance(store, self._linker.instantiate(store, self._component))
                return self._perform(instance, function, values), instance
            except wasmtime.WasmtimeError as error:
                raise _call_error(error, call) from None
            finally:
                _thread.call = outer

    def _perform(self, instance: Instance, function: Function, values: list[Any]) -> Any:
        wasm_function = instance.functions.get(function.name)
        if wasm_function is None:
            wasm_function = instance.instance.get_func(instance.store, self._indexes[function.name])
            if wasm_function is None:
                raise CallError("broken", f"the plugin has no function {function.name}")
            instance.functions[function.name] = wasm_function
        arguments = (Val * len(values))()
        result = Val()
        try:
            for (name, type), value, argument in zip(function.parameters, values, arguments, strict=True):
                lower(type, value, argument, name)
            error = ffi.wasmtime_component_func_call(
                byref(wasm_function._func), instance.store._context(), arguments, len(values), byref(result), 1
            )
            if error:
                raise wasmtime.WasmtimeError._from_ptr(error)
            instance.calls += 1
            returned = lift(function.result, result, Budget(self._limits))
        finally:
            for argument in arguments:
                ffi.wasmtime_component_val_delete(byref(argument))
            ffi.wasmtime_component_val_delete(byref(result))
        return returned


def _call_error(error: wasmtime.WasmtimeError, call: _Call) -> BaseException:
    """Classifies an error of wasmtime."""
    if call.error is not None:
        # Taken from the call, because its traceback leads to the call.
        failed, call.error = call.error, None
        return failed
    # wasmtime has no type for the traps of components; a test checks the texts.
    if "fuel allocated for hostcalls" in str(error):
        return exceeded("output", call.limits)
    found = _TRAP.search(str(error))
    trap = found[1] if found else ""
    if trap == "interrupt":
        return exceeded("cpu_time", call.limits)
    if trap == "call stack exhausted":
        return exceeded("stack", call.limits)
    if trap.startswith(_CORE_TRAPS):
        return CallError("trapped", f"the plugin trapped: {trap}")
    # The message is left out, because it may quote the value.
    return CallError("broken", "the plugin returned a value that violates the contract")


def _linker(engine: wasmtime.Engine) -> tuple[wasm.Linker, list[Any]]:
    """Returns a linker with the imports, and what must live as long."""
    linker, callbacks = wasm.Linker(engine), []
    with linker.root() as root:
        with root.add_instance(TYPES):
            pass
        for interface, functions in (
            (HTTP, {"send": _send}),
            (CACHE, {"get": _get, "put": _put}),
            (CLOCK, {"now": _now, "resolution": _resolution}),
        ):
            with root.add_instance(interface) as instance:
                for name, function in functions.items():
                    callback = _callback(function)
                    callbacks.append(callback)
                    error = ffi.wasmtime_component_linker_instance_add_func(
                        instance.ptr(), create_string_buffer(name.encode()), len(name), callback, None, _NO_FINALIZER
                    )
                    if error:
                        raise wasmtime.WasmtimeError._from_ptr(error)
    return linker, callbacks


_NO_FINALIZER = ctypes.cast(0, ctypes.CFUNCTYPE(None, ctypes.c_void_p))


def _callback(function: Callable[[_Call, Any, Any], None]) -> Any:
    """Returns a function of C that calls an import. The import gets the call, its arguments and its result."""

    def callback(
        _data: Any, _context: Any, _type: Any, arguments: Any, _count: int, results: Any, _results: int
    ) -> Any:
        call: _Call = _thread.call
        call.pause()
        try:
            function(call, arguments, results)
            call.check_time()
        except BaseException as error:  # The call raises it when wasmtime has returned.
            call.error = error
            failed = wasmtime.WasmtimeError("an import failed")
            return ctypes.cast(failed._consume(), ctypes.c_void_p).value
        call.resume()
        return 0

    return ffi.wasmtime_component_func_callback_t(callback)


def _send(call: _Call, arguments: Any, results: Any) -> None:
    granted = call.of("http.send")
    request = lift("request", arguments[0], Budget(call.limits))
    answer: Any
    if call.exchanges >= call.limits.http_exchanges:
        answer = {"tag": "too-many-requests"}
    else:
        answer = check(request, granted.origins, call.limits)
        if isinstance(answer, CheckedRequest):
            call.exchanges += 1
            answer = granted.http.send(replace(answer, ends=call.ends))
            if len(answer.get("body", b"")) > call.limits.http_response:
                answer = {"tag": "response-too-large"}
    result = {"tag": "error" if "tag" in answer else "ok", "val": answer}
    lower(FUNCTIONS["send"].result, result, results[0], "response")


def _get(call: _Call, arguments: Any, results: Any) -> None:
    granted = call.of("cache.get")
    key = lift("string", arguments[0], Budget(call.limits))
    value = None if len(key.encode()) > CACHE_KEY else granted.cache.get(granted.namespace, key)
    lower(FUNCTIONS["get"].result, value, results[0], "value")


def _put(call: _Call, arguments: Any, _results: Any) -> None:
    granted = call.of("cache.put")
    budget = Budget(call.limits)
    key, value, seconds = (
        lift(type, arguments[index], budget) for index, (_, type) in enumerate(FUNCTIONS["put"].parameters)
    )
    if len(key.encode()) <= CACHE_KEY and len(value) <= call.limits.cache_value:
        granted.cache.put(granted.namespace, key, value, seconds)


def _now(call: _Call, _arguments: Any, results: Any) -> None:
    call.of("wall-clock.now")
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    _set_datetime(results[0], seconds, nanoseconds)


def _resolution(call: _Call, _arguments: Any, results: Any) -> None:
    call.of("wall-clock.resolution")
    _set_datetime(results[0], 0, 1)


def _set_datetime(val: Any, seconds: int, nanoseconds: int) -> None:
    ffi.wasmtime_component_valrecord_new_uninit(byref(val.of.record), 2)
    for index, (name, kind) in enumerate(_DATETIME_FIELDS):
        entry = val.of.record.data[index]
        set_text(entry.name, name)
        entry.val.of.u64 = (seconds, nanoseconds)[index]
        entry.val.kind = kind
    val.kind = ffi.WASMTIME_COMPONENT_RECORD.value

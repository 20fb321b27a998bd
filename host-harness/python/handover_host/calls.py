"""Makes calls into a component: who may call, and which instance serves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from .errors import CallError, ConnectError, ProviderError
from .instance import Component, Granted, Instance
from .limits import Limits
from .schema import FUNCTIONS


class Permits:
    """The calls that a host makes at the same time."""

    def __init__(self, limits: Limits) -> None:
        calls = max(limits.concurrent_calls, 1)
        self._calls = threading.BoundedSemaphore(calls)
        # A contact center that does not answer leaves a quarter to pure calls.
        self._effects = threading.BoundedSemaphore(max(calls * 3 // 4, 1))

    @contextmanager
    def of(self, has_effects: bool) -> Iterator[None]:
        """Holds the permits of a call. Raises `CallError` if there are none."""
        needed = [self._effects, self._calls] if has_effects else [self._calls]
        with ExitStack() as held:
            for permits in needed:
                if not permits.acquire(blocking=False):
                    message = "the host is busy: other calls use up the limit `concurrent_calls`"
                    raise CallError("busy", message, "concurrent_calls")
                held.callback(permits.release)
            yield


class Kept(threading.local):
    """The instance of a connection that is kept for the calls of a thread."""

    instance: Instance | None = None


class Calls:
    """Makes calls into a component."""

    def __init__(self, component: Component, limits: Limits, permits: Permits, reuse: int) -> None:
        self.limits = limits
        self._component = component
        self._permits = permits
        self._reuse = reuse

    @property
    def interfaces(self) -> list[str]:
        """The interfaces that the component exports."""
        return self._component.interfaces

    def require(self, interface: str) -> None:
        """Raises `ConnectError` if the component does not export an interface."""
        if interface not in self.interfaces:
            message = f"the component is no provider of this kind: it does not export the interface `{interface}`"
            raise ConnectError("no-interface", message)

    def make(self, name: str, values: list[Any], granted: Granted | None, kept: Kept | None) -> Any:
        """Calls a function; `granted` is `None` for a pure call.

        Raises `ProviderError`, `CallError` or `ArgumentError`.
        """
        with self._permits.of(granted is not None):
            instance = kept.instance if kept is not None else None
            if kept is not None:
                # It is kept again when the call has ended without a trap.
                kept.instance = None
            returned, used = self._component.call(instance, name, values, granted)
            if kept is not None and used.calls < self._reuse:
                kept.instance = used
            else:
                used.store.close()
        result = FUNCTIONS[name].result
        if not isinstance(result, dict) or "result" not in result:
            return returned
        if returned["tag"] == "error":
            raise ProviderError(name, returned["val"])
        return returned["val"]

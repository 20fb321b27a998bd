"""The cache for providers."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Cache(Protocol):
    """A cache for providers. It may forget a value at any time, and several machines may share it.

    `connection` identifies the component and all settings, so no connection reads another one's values. Threads call it
    at the same time.
    """

    def get(self, connection: str, key: str) -> bytes | None:
        """Returns a stored value, if the cache still has it."""

    def put(self, connection: str, key: str, value: bytes, seconds: int) -> None:
        """Stores a value for at most `seconds`; 0 removes it."""


_MAX_ENTRIES = 32
"""The maximum number of entries per connection. A provider needs a few."""
_MAX_BYTES = 64 << 20
"""The maximum size of all values together."""
_MAX_SECONDS = 48 * 60 * 60
"""Two days, the longest lifetime of a Genesys token."""


class MemoryCache:
    """A cache in this process: at most 32 entries per connection and 64 MiB in total, for at most two days. Values that
    exceed this are not stored.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: dict[str, dict[str, tuple[bytes, float]]] = {}
        self._bytes = 0

    def get(self, connection: str, key: str) -> bytes | None:
        """Returns a stored value, if the cache still has it."""
        with self._lock:
            value, until = self._connections.get(connection, {}).get(key, (None, 0.0))
            return value if until > time.monotonic() else None

    def put(self, connection: str, key: str, value: bytes, seconds: int) -> None:
        """Stores a value for at most `seconds`; 0 removes it."""
        with self._lock:
            self._remove(connection, key)
            if seconds == 0:
                return
            if not self._has_room(connection, value):
                self._remove_expired()
            if self._has_room(connection, value):
                until = time.monotonic() + min(seconds, _MAX_SECONDS)
                self._connections.setdefault(connection, {})[key] = (value, until)
                self._bytes += len(value)

    def _has_room(self, connection: str, value: bytes) -> bool:
        entries = len(self._connections.get(connection, {}))
        return self._bytes + len(value) <= _MAX_BYTES and entries < _MAX_ENTRIES

    def _remove(self, connection: str, key: str) -> None:
        entries = self._connections.get(connection, {})
        value, _ = entries.pop(key, (b"", 0.0))
        self._bytes -= len(value)
        if not entries:
            self._connections.pop(connection, None)

    def _remove_expired(self) -> None:
        now = time.monotonic()
        expired = [
            (connection, key)
            for connection, entries in self._connections.items()
            for key, (_, until) in entries.items()
            if until <= now
        ]
        for connection, key in expired:
            self._remove(connection, key)

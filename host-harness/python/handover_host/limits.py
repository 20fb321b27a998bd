"""The limits of providers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The limits of a provider. Sizes are in bytes, times in seconds."""

    memory: int = 32 << 20
    """Linear memory of an instance."""
    stack: int = 256 << 10
    """The stack of WebAssembly's frames."""
    cpu_time: float = 1.0
    """CPU time of a call, without the time in which it waits."""
    call_time: float = 60.0
    """A whole call with everything that it waits for."""
    concurrent_calls: int = 1_000
    """Calls at the same time; further ones are refused."""
    input: int = 1 << 20
    """A webhook (headers and body together) or an event source."""
    headers: int = 200
    """Headers of a webhook."""
    output: int = 8 << 20
    """The result of a call."""
    items: int = 1_000
    """Events of one source, and requests of one message."""
    id: int = 512
    """An id that a provider returns."""
    http_exchanges: int = 64
    """HTTP exchanges of a call."""
    http_request: int = 1 << 20
    """The body of a request."""
    http_response: int = 4 << 20
    """The body of a response."""
    cache_value: int = 16 << 10
    """A cached value."""


CACHE_KEY = 128
"""The length of a cache key in bytes: the contract's limit."""

"""Errors, by what the caller can do about them."""

from __future__ import annotations

from typing import Any, Literal

from .contract import Origin, SettingsProblem
from .limits import Limits


def _described(value: Any) -> str:
    """Describes an error: its kind, and the reason for people if it has one. A reason contains no secret and no message
    text; another value may contain personal data.
    """
    if not isinstance(value, dict):
        return "an error"
    tag, val = value.get("tag"), value.get("val")
    reason = val.get("message") if tag == "retry" and isinstance(val, dict) else val
    has_reason = tag in ("retry", "credentials", "permanent") and isinstance(reason, str)
    return f"{tag}: {reason}" if has_reason else str(tag)


class ProviderError(Exception):
    """An error of the contract that the provider answered: a rejection, a failure, an unsupported message."""

    def __init__(self, call: str, value: Any) -> None:
        super().__init__(f"{call}: the provider answered {_described(value)}")
        self.call = call
        """The function that answered."""
        self.value = value
        """The error, of the type that the contract names."""


CallErrorKind = Literal["limit", "busy", "impure", "trapped", "broken"]
"""Why a call failed without an answer.

- `limit`: The call exceeded a limit, which `limit` names.
- `busy`: Other calls use up the limit that `limit` names. Nothing was sent, and the call can be repeated.
- `impure`: The provider called an import in a pure function.
- `trapped`: The provider trapped: a panic, an access out of bounds, or memory that is used up.
- `broken`: The provider returned a value that violates the contract.
"""


class CallError(Exception):
    """A call failed without an answer of the provider. A failed call does not affect later calls."""

    def __init__(self, kind: CallErrorKind, message: str, limit: str | None = None) -> None:
        super().__init__(message)
        self.kind: CallErrorKind = kind
        self.limit = limit
        """The name of a field of `Limits`."""


def exceeded(limit: str, limits: Limits) -> CallError:
    """Creates the error of a call that exceeded a limit."""
    return CallError("limit", f"the call exceeded the limit `{limit}` ({getattr(limits, limit)})", limit)


class LoadError(Exception):
    """A component cannot be loaded."""


ConnectErrorKind = Literal["settings", "origin-not-allowed", "invalid-origin", "invalid-signature", "no-interface"]
"""Why a connection cannot be created."""


class ConnectError(Exception):
    """A connection cannot be created."""

    def __init__(self, kind: ConnectErrorKind, message: str, problems: list[SettingsProblem] | None = None) -> None:
        super().__init__(message)
        self.kind: ConnectErrorKind = kind
        self.problems = problems or []
        """All problems of the settings, if these are the reason."""


def refused(problems: list[SettingsProblem]) -> ConnectError:
    """Creates the error of settings with these problems."""
    lines = "; ".join(f"{problem['key']}: {problem['message']} {problem['remedy']}" for problem in problems)
    return ConnectError("settings", f"the settings are not valid: {lines}", problems)


def not_allowed(origin: Origin) -> ConnectError:
    """Creates the error of an origin that is not allowed."""
    message = f"the settings require {origin['url']} (origin `{origin['name']}`), which is not an allowed origin"
    return ConnectError("origin-not-allowed", message)


class ArgumentError(TypeError):
    """An argument does not have the contract's type. The message names its path."""

"""The host: loads components and creates connections."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files

from .bot_connection import BotConnection
from .cache import Cache, MemoryCache
from .calls import Calls, Permits
from .connection import Connection
from .contract import AcceptedSettings, Description, Origin, Setting
from .errors import ArgumentError, CallError, ConnectError, LoadError, ProviderError, not_allowed, refused
from .http import HttpClient, Transport, origin_of
from .instance import Component, Engine, Granted
from .limits import Limits
from .signature import Verifier


class Host:
    """Loads components. Safe to use from several threads."""

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        http: Transport | None = None,
        cache: Cache | None = None,
        reuse: int = 1,
    ) -> None:
        """Creates a host.

        `http` sends the providers' requests, by default an `HttpClient`; `cache` is by default a `MemoryCache`. `reuse`
        is how many calls of its connection an instance serves; 1 is a fresh instance for each call. A provider has no
        state, so this does not affect any result. No instance serves two connections.
        """
        self.limits = limits or Limits()
        self._engine = Engine(self.limits)
        self._http = http or HttpClient()
        self._cache = cache or MemoryCache()
        self._reuse = reuse
        self._permits = Permits(self.limits)

    def load(self, component: bytes | None = None) -> Provider:
        """Loads a component: by default the provider for Genesys Cloud Open Messaging.

        Raises `LoadError` if it is not a provider of this contract.
        """
        binary = component if component is not None else files(__package__).joinpath("genesys.wasm").read_bytes()
        calls = Calls(Component(self._engine, binary, self.limits), self.limits, self._permits, self._reuse)
        granted = Granted({}, hashlib.sha256(binary).hexdigest(), self._http, self._cache)
        try:
            description = calls.make("describe", [], None, None)
        except CallError as error:
            raise LoadError(f"the component cannot describe itself: {error}") from error
        return Provider(calls, description, granted)


class Provider:
    """A loaded component."""

    def __init__(self, calls: Calls, description: Description, granted: Granted) -> None:
        self._calls = calls
        self._granted = granted
        self.description = description
        """The provider's description, with the fields of its settings."""

    @property
    def interfaces(self) -> list[str]:
        """The interfaces that the component exports: `configuration`, and `handover` or `bot-connector` or both."""
        return self._calls.interfaces

    def check_settings(self, settings: list[Setting]) -> AcceptedSettings:
        """Checks settings. `connect` calls it first.

        Raises `ProviderError`, whose `value` is a list of `SettingsProblem`, or `CallError`.
        """
        accepted: AcceptedSettings = self._calls.make("check-settings", [settings], None, None)
        return accepted

    def connect(self, settings: list[Setting], *, allowed: list[str]) -> Connection:
        """Creates a connection: checks the settings, and grants the origins that follow from them.

        `allowed` are the origins that the provider may reach, such as `https://api.mypurecloud.de`. An origin that
        follows from the settings and is not among them is an error.

        Raises `ConnectError` or `CallError`.
        """
        return self._connection(settings, *self._connect(settings, _is_granted(allowed)))

    def connect_offline(self, settings: list[Setting]) -> Connection:
        """Creates a connection without network access, for the calls that need none.

        Raises `ConnectError` or `CallError`.
        """
        return self._connection(settings, *self._connect(settings, lambda origin, url: False))

    def connect_prepared(self, prepared: bytes) -> Connection:
        """Creates a connection without network access from prepared settings that may not be the provider's. For
        conformance tests: a provider must answer with `stale-settings`.

        Raises `ConnectError`.
        """
        return self._connection([], _foreign(prepared), self._granted)

    def connect_bots(self, settings: list[Setting], *, allowed: list[str]) -> BotConnection:
        """Creates a connection for a contact center that asks the platform's bots. Otherwise like `connect`.

        Raises `ConnectError` or `CallError`.
        """
        return self._bot_connection(*self._connect(settings, _is_granted(allowed)))

    def connect_bots_offline(self, settings: list[Setting]) -> BotConnection:
        """Like `connect_offline`, for bots.

        Raises `ConnectError` or `CallError`.
        """
        return self._bot_connection(*self._connect(settings, lambda origin, url: False))

    def connect_bots_prepared(self, prepared: bytes) -> BotConnection:
        """Like `connect_prepared`, for bots.

        Raises `ConnectError`.
        """
        return self._bot_connection(_foreign(prepared), self._granted)

    def _connection(self, settings: list[Setting], accepted: AcceptedSettings, granted: Granted) -> Connection:
        self._calls.require("handover")
        verifier = None
        if accepted["signature"] is not None:
            try:
                verifier = Verifier(accepted["signature"], settings, self._is_secret)
            except ValueError as error:
                message = f"the provider's signature of webhooks is not valid: {error}"
                raise ConnectError("invalid-signature", message) from None
        return Connection(self._calls, accepted, granted, verifier)

    def _bot_connection(self, accepted: AcceptedSettings, granted: Granted) -> BotConnection:
        self._calls.require("bot-connector")
        return BotConnection(self._calls, accepted, granted)

    def _connect(
        self, settings: list[Setting], is_granted: Callable[[Origin, str], bool]
    ) -> tuple[AcceptedSettings, Granted]:
        try:
            accepted = self.check_settings(settings)
        except ProviderError as error:
            raise refused(error.value) from None
        origins = {}
        for origin in accepted["origins"]:
            url = _parse_origin(origin["url"])
            if is_granted(origin, url):
                origins[origin["name"]] = url
        return accepted, replace(self._granted, origins=origins, namespace=self._namespace(settings))

    def _is_secret(self, setting: Setting) -> bool:
        """Returns whether a setting is a secret. One that the description does not name counts as a secret."""
        kinds = [field["kind"] for field in self.description["settings"] if field["key"] == setting["key"]]
        return kinds in ([], [{"tag": "secret"}])

    def _namespace(self, settings: list[Setting]) -> str:
        """Returns the namespace of a connection in the cache: the same on every machine, unique to component and
        settings.
        """
        digest = hashlib.sha256(self._granted.namespace.encode())
        for setting in settings:
            for part in (setting["key"].encode(), setting["value"].encode()):
                # Includes the lengths, because the same text could be split differently.
                digest.update(b"%d:" % len(part) + part)
        return digest.hexdigest()


def _is_granted(allowed: list[str]) -> Callable[[Origin, str], bool]:
    if isinstance(allowed, str) or not all(isinstance(origin, str) for origin in allowed):
        raise ArgumentError('allowed: expected a list of origins, such as ["https://api.example.com"]')
    origins = {_parse_origin(origin) for origin in allowed}

    def is_granted(origin: Origin, url: str) -> bool:
        if url not in origins:
            raise not_allowed(origin)
        return True

    return is_granted


def _foreign(prepared: bytes) -> AcceptedSettings:
    """Prepared settings that the provider may not have prepared."""
    return {"prepared": prepared, "origins": [], "headers": [], "signature": None, "warnings": []}


def _parse_origin(entered: str) -> str:
    """Returns an origin in its normal form."""
    origin = origin_of(entered)
    rest = entered.split("://", 1)[-1]
    if origin is None or "@" in rest or "/" in rest.removesuffix("/") or "?" in rest or "#" in rest:
        message = (
            f"`{entered[:100]}` is not an origin; expected scheme, host and optional port: https://api.example.com"
        )
        raise ConnectError("invalid-origin", message)
    return origin

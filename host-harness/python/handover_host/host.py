"""The host: loads components, creates connections, and makes calls."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib.resources import files
from typing import Any

from .cache import Cache, MemoryCache
from .contract import (
    AcceptedSettings,
    AgentEvent,
    Authenticity,
    Availability,
    Check,
    Conversation,
    Delivery,
    DeliveryStatus,
    Description,
    EventSource,
    Origin,
    Outbound,
    ProviderRequest,
    ProvisioningMode,
    ProvisioningStep,
    ReceivedWebhook,
    Routing,
    Setting,
    SettingsProblem,
    Webhook,
)
from .errors import ArgumentError, CallError, ConnectError, LoadError, ProviderError, exceeded, not_allowed, refused
from .http import HttpClient, Transport, origin_of
from .instance import Component, Engine, Granted, Instance
from .limits import Limits
from .schema import FUNCTIONS
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
        self._permits = _Permits(self.limits)

    def load(self, component: bytes | None = None) -> Provider:
        """Loads a component: by default the provider for Genesys Cloud Open Messaging.

        Raises `LoadError` if it is not a provider of this contract.
        """
        binary = component if component is not None else files(__package__).joinpath("genesys.wasm").read_bytes()
        calls = _Calls(Component(self._engine, binary, self.limits), self.limits, self._permits, self._reuse)
        granted = Granted({}, hashlib.sha256(binary).hexdigest(), self._http, self._cache)
        try:
            description = calls.make("describe", [], None, None)
        except CallError as error:
            raise LoadError(f"the component cannot describe itself: {error}") from error
        return Provider(calls, description, granted)


class _Permits:
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


class _Kept(threading.local):
    """The instance of a connection that is kept for the calls of a thread."""

    instance: Instance | None = None


class _Calls:
    """Makes calls into a component."""

    def __init__(self, component: Component, limits: Limits, permits: _Permits, reuse: int) -> None:
        self.limits = limits
        self._component = component
        self._permits = permits
        self._reuse = reuse

    def make(self, name: str, values: list[Any], granted: Granted | None, kept: _Kept | None) -> Any:
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


class Provider:
    """A loaded component."""

    def __init__(self, calls: _Calls, description: Description, granted: Granted) -> None:
        self._calls = calls
        self._granted = granted
        self.description = description
        """The provider's description, with the fields of its settings."""

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
        origins = {_parse_origin(origin) for origin in allowed}

        def is_granted(origin: Origin, url: str) -> bool:
            if url not in origins:
                raise not_allowed(origin)
            return True

        return self._connect(settings, is_granted)

    def connect_offline(self, settings: list[Setting]) -> Connection:
        """Creates a connection without network access, for the calls that need none.

        Raises `ConnectError` or `CallError`.
        """
        return self._connect(settings, lambda origin, url: False)

    def connect_prepared(self, prepared: bytes) -> Connection:
        """Creates a connection without network access from prepared settings that may not be the provider's. For
        conformance tests: a provider must answer with `stale-settings`.
        """
        accepted: AcceptedSettings = {
            "prepared": prepared,
            "origins": [],
            "headers": [],
            "signature": None,
            "warnings": [],
        }
        return Connection(self._calls, accepted, self._granted, None)

    def _connect(self, settings: list[Setting], is_granted: Callable[[Origin, str], bool]) -> Connection:
        try:
            accepted = self.check_settings(settings)
        except ProviderError as error:
            raise refused(error.value) from None
        origins = {}
        for origin in accepted["origins"]:
            url = _parse_origin(origin["url"])
            if is_granted(origin, url):
                origins[origin["name"]] = url
        verifier = None
        if accepted["signature"] is not None:
            try:
                verifier = Verifier(accepted["signature"], settings, self._is_secret)
            except ValueError as error:
                message = f"the provider's signature of webhooks is not valid: {error}"
                raise ConnectError("invalid-signature", message) from None
        granted = replace(self._granted, origins=origins, namespace=self._namespace(settings))
        return Connection(self._calls, accepted, granted, verifier)

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


def _check_webhook(webhook: Webhook) -> None:
    """Checks the parts that the host itself reads, so that an error names the part."""
    if not isinstance(webhook, dict) or not isinstance(webhook.get("body"), (bytes, bytearray, memoryview)):
        raise ArgumentError("webhook.body: expected bytes (as they came, not a str)")
    for part in ("method", "path"):
        if not isinstance(webhook.get(part), str):
            raise ArgumentError(f"webhook.{part}: expected a str")
    headers = webhook.get("headers")
    are_pairs = isinstance(headers, list) and all(
        isinstance(header, (list, tuple))
        and len(header) == 2
        and isinstance(header[0], str)
        and isinstance(header[1], (bytes, bytearray, memoryview))
        for header in headers
    )
    if not are_pairs:
        raise ArgumentError("webhook.headers: expected a list of pairs of a str and bytes")


class Connection:
    """A provider with the settings of one contact center: the calls of the contract. Safe to use from several threads.

    A call blocks its thread. In asyncio, use `asyncio.to_thread`. Every call may raise `CallError`.
    """

    def __init__(self, calls: _Calls, accepted: AcceptedSettings, granted: Granted, verifier: Verifier | None) -> None:
        self._calls = calls
        self._accepted = accepted
        self._granted = granted
        self._verifier = verifier
        self._read_headers = {name.lower() for name in accepted["headers"]}
        self._kept = _Kept()

    @property
    def limits(self) -> Limits:
        """The limits of its calls."""
        return self._calls.limits

    @property
    def warnings(self) -> list[SettingsProblem]:
        """The problems of the settings that do not prevent their use."""
        return self._accepted["warnings"]

    def verified_by_provider(self) -> Connection:
        """Returns the same connection, but the provider verifies all webhooks."""
        return Connection(self._calls, self._accepted, self._granted, None)

    def verify_webhook(self, webhook: Webhook) -> Authenticity:
        """Verifies the authenticity of a webhook. Pass the bytes as they arrived.

        Raises `ProviderError`, whose `value` is a `Rejection`.
        """
        authenticity: Authenticity = self._pure("verify-webhook", self._read(webhook))
        return authenticity

    def receive_webhook(self, webhook: Webhook) -> ReceivedWebhook:
        """Verifies a webhook and maps its events. If the provider declares the signature of its webhooks, the host
        verifies it, so that a faulty provider cannot accept a forged one.

        Raises `ProviderError`, whose `value` is a `Rejection`. The result contains the error of mapping.
        """
        read = self._read(webhook)
        verified = self._verifier.verify(webhook) if self._verifier is not None else None
        if verified is None:
            received: ReceivedWebhook = self._pure("receive-webhook", read)
            if received["events"]["tag"] == "ok":
                self._bound_events(received["events"]["val"])
            return received
        if not isinstance(verified, int):
            raise ProviderError("receive-webhook", verified)
        authenticity: Authenticity = {"tag": "signed", "val": verified}
        try:
            return {
                "authenticity": authenticity,
                "events": {"tag": "ok", "val": self.map_agent_events({"tag": "webhook", "val": webhook["body"]})},
            }
        except ProviderError as error:
            return {"authenticity": authenticity, "events": {"tag": "error", "val": error.value}}

    def map_agent_events(self, source: EventSource) -> list[AgentEvent]:
        """Maps the verified bytes of a source to events, in the order in which they happened.

        Raises `ProviderError`, whose `value` is a `MappingError`.
        """
        if len(source["val"]) > self._calls.limits.input:
            raise exceeded("input", self._calls.limits)
        return self._bound_events(self._pure("map-agent-events", source))

    def build_outbound_message(self, conversation: Conversation, message: Outbound) -> list[ProviderRequest]:
        """Builds the requests that deliver a message, in the order of delivery.

        Raises `ProviderError`, whose `value` is an `Unsupported`.
        """
        requests: list[ProviderRequest] = self._pure("build-outbound-message", conversation, message)
        if len(requests) > self._calls.limits.items:
            raise exceeded("items", self._calls.limits)
        return requests

    def deliver(self, request: ProviderRequest) -> Delivery:
        """Delivers a request. After a `CallError` other than `busy`, the outcome is unknown.

        Raises `ProviderError`, whose `value` is a `Failure`.
        """
        return self._bound_delivery(self._effect("deliver", request))

    def find_delivery(self, conversation: Conversation, request: ProviderRequest) -> DeliveryStatus:
        """Looks up a request whose delivery outcome is unknown. Changes nothing.

        Raises `ProviderError`, whose `value` is a `Failure`.
        """
        status: DeliveryStatus = self._effect("find-delivery", conversation, request)
        if status["tag"] == "delivered":
            self._bound_delivery(status["val"])
        return status

    def observe_conversation(self, conversation: Conversation) -> list[AgentEvent]:
        """Returns the current state of a conversation as events.

        Raises `ProviderError`, whose `value` is a `Failure`.
        """
        return self._bound_events(self._effect("observe-conversation", conversation))

    def fetch_agent_messages(self, conversation: Conversation) -> list[AgentEvent]:
        """Returns the agents' messages of a conversation as events, oldest first.

        Raises `ProviderError`, whose `value` is a `Failure`.
        """
        return self._bound_events(self._effect("fetch-agent-messages", conversation))

    def check_availability(self, routing: Routing) -> Availability:
        """Returns whether agents can serve a user with this routing.

        Raises `ProviderError`, whose `value` is a `Failure`.
        """
        availability: Availability = self._effect("check-availability", routing)
        return availability

    def check_connection(self, probe: str | None = None) -> list[Check]:
        """Checks everything that the connection needs (the "doctor"). With a `probe`, also asks the contact center to
        send a message to that recipient; the receiver of webhooks sees whether it arrives.

        Raises `ProviderError`, whose `value` is a `Failure`.
        """
        checks: list[Check] = self._effect("check-connection", probe)
        return checks

    def provision(self, webhook_url: str, mode: ProvisioningMode) -> list[ProvisioningStep]:
        """Creates what the connection needs at the contact center, as far as a program can.

        Raises `ProviderError`, whose `value` is a `Failure`.
        """
        steps: list[ProvisioningStep] = self._effect("provision", webhook_url, mode)
        return steps

    def _pure(self, name: str, *values: Any) -> Any:
        return self._calls.make(name, [self._accepted["prepared"], *values], None, self._kept)

    def _effect(self, name: str, *values: Any) -> Any:
        return self._calls.make(name, [self._accepted["prepared"], *values], self._granted, self._kept)

    def _read(self, webhook: Webhook) -> Webhook:
        """Returns the webhook with only the headers that the provider reads."""
        _check_webhook(webhook)
        headers, limits = webhook["headers"], self._calls.limits
        if len(headers) > limits.headers:
            raise exceeded("headers", limits)
        others = len(webhook["method"]) + len(webhook["path"]) + len(webhook["body"])
        if sum(len(name) + len(value) for name, value in headers) + others > limits.input:
            raise exceeded("input", limits)
        read = [(name, value) for name, value in headers if name.lower() in self._read_headers]
        return {**webhook, "headers": read}

    def _bound_delivery(self, delivery: Delivery) -> Delivery:
        self._bound_ids([delivery["message_id"], delivery["conversation_id"]])
        self._bound_events(delivery["events"])
        return delivery

    def _bound_events(self, events: list[AgentEvent]) -> list[AgentEvent]:
        if len(events) > self._calls.limits.items:
            raise exceeded("items", self._calls.limits)
        for event in events:
            self._bound_ids([event["id"], event["recipient"], event["conversation_id"]])
        return events

    def _bound_ids(self, ids: list[str | None]) -> None:
        if any(id is not None and len(id.encode()) > self._calls.limits.id for id in ids):
            raise exceeded("id", self._calls.limits)

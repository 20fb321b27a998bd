"""What the connections of both interfaces share: the settings, and the checks of values."""

from __future__ import annotations

from typing import Any

from .calls import Calls, Kept
from .contract import (
    AcceptedSettings,
    AgentEvent,
    Check,
    Delivery,
    ProvisioningMode,
    ProvisioningStep,
    SettingsProblem,
    Webhook,
)
from .errors import ArgumentError, exceeded
from .instance import Granted
from .limits import Limits


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


class Connected:
    """A provider with the settings of one contact center."""

    def __init__(self, calls: Calls, accepted: AcceptedSettings, granted: Granted) -> None:
        self._calls = calls
        self._accepted = accepted
        self._granted = granted
        self._read_headers = {name.lower() for name in accepted["headers"]}
        self._kept = Kept()

    @property
    def limits(self) -> Limits:
        """The limits of its calls."""
        return self._calls.limits

    @property
    def warnings(self) -> list[SettingsProblem]:
        """The problems of the settings that do not prevent their use."""
        return self._accepted["warnings"]

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

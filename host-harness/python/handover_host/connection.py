"""Handovers: the calls of the interface `handover`."""

from __future__ import annotations

from .calls import Calls
from .connected import Connected
from .contract import (
    AcceptedSettings,
    AgentEvent,
    Authenticity,
    Availability,
    Conversation,
    Delivery,
    DeliveryStatus,
    EventSource,
    Outbound,
    ProviderRequest,
    ReceivedWebhook,
    Routing,
    Webhook,
)
from .errors import ProviderError, exceeded
from .instance import Granted
from .signature import Verifier


class Connection(Connected):
    """A provider with the settings of one contact center: the calls of the contract. Safe to use from several threads.

    A call blocks its thread. In asyncio, use `asyncio.to_thread`. Every call may raise `CallError`.
    """

    def __init__(self, calls: Calls, accepted: AcceptedSettings, granted: Granted, verifier: Verifier | None) -> None:
        super().__init__(calls, accepted, granted)
        self._verifier = verifier

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

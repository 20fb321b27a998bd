"""A contact center that asks the platform's bots: the calls of the interface `bot-connector`."""

from __future__ import annotations

from .connected import Connected
from .contract import Bot, BotAnswer, BotRequest, BotResponse, Delivery, ProviderRequest, Turn, Webhook


class BotConnection(Connected):
    """A provider with the settings of a contact center that asks the platform's bots. Safe to use from several threads.

    A call blocks its thread. In asyncio, use `asyncio.to_thread`. Every call may raise `CallError`.
    """

    def verify_bot_request(self, request: Webhook) -> int:
        """Verifies that a request comes from the contact center. Returns the index of the secret, counted from 0 in the
        order of the settings.

        Raises `ProviderError`, whose `value` is a `Rejection`.
        """
        index: int = self._pure("verify-bot-request", self._read(request))
        return index

    def map_bot_request(self, request: Webhook) -> BotRequest:
        """Maps a verified request. Its path is relative to the URL of the connection.

        Raises `ProviderError`, whose `value` is a `MappingError`.
        """
        mapped: BotRequest = self._pure("map-bot-request", self._read(request))
        if mapped["tag"] == "turn":
            turn = mapped["val"]
            self._bound_ids([turn["session_id"], turn["message_id"], turn["conversation_id"]])
        return mapped

    def build_bot_response(self, turn: Turn, turn_number: int, answer: BotAnswer) -> BotResponse:
        """Builds the response to a turn. `turn_number` counts the turns of the session from 1.

        Raises `ProviderError`, whose `value` is an `Unsupported`.
        """
        response: BotResponse = self._pure("build-bot-response", turn, turn_number, answer)
        return response

    def build_bot_list(self, bots: list[Bot], id: str | None = None) -> BotResponse:
        """Builds the response to a request for all bots, or for the one that has this id.

        Raises `ProviderError`, whose `value` is an `Unsupported`.
        """
        response: BotResponse = self._pure("build-bot-list", bots, id)
        return response

    def build_late_answer(self, turn: Turn, answer: BotAnswer, time: int) -> ProviderRequest:
        """Builds the request that delivers an answer after the response to its turn. `time` is in milliseconds since 1970.

        Raises `ProviderError`, whose `value` is an `Unsupported`.
        """
        request: ProviderRequest = self._pure("build-late-answer", turn, answer, time)
        return request

    def deliver_late_answer(self, request: ProviderRequest) -> Delivery:
        """Delivers a late answer. After a `CallError` other than `busy`, the outcome is unknown.

        Raises `ProviderError`, whose `value` is a `Failure`.
        """
        return self._bound_delivery(self._effect("deliver-late-answer", request))

    def register_bots(self, bots: list[Bot]) -> None:
        """Registers the bots at the contact center, which replaces all that are registered.

        Raises `ProviderError`, whose `value` is a `Failure`.
        """
        self._effect("register-bots", bots)

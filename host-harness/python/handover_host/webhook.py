"""Webhooks from ASGI servers: Starlette, FastAPI, Quart, Django."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .connection import Connection
from .contract import AgentEvent, Webhook
from .errors import CallError, ProviderError

_log = logging.getLogger(__name__)

_THREADS = 4
"""The webhooks that are verified at the same time."""

EventHandler = Callable[[list[AgentEvent]], Awaitable[None]]
"""Stores or processes the events of a webhook. The webhook is answered with 200 when it has ended, and with 500, so that
the contact center sends it again, if it fails. So an event can come again, with the same `id`."""


def webhook_from_asgi(scope: Any, body: bytes) -> Webhook:
    """Returns the webhook in a request of ASGI. `body` has the bytes as they arrived: the signature covers them."""
    query = scope.get("query_string", b"")
    path = scope.get("raw_path") or scope["path"].encode()
    target = path + b"?" + query if query else path
    headers = [(name.decode("latin-1"), bytes(value)) for name, value in scope["headers"]]
    return {"method": scope["method"], "path": target.decode("latin-1"), "headers": headers, "body": body}


class WebhookApp:
    """An ASGI application that receives webhooks. In Starlette and FastAPI:
    `app.add_route("/webhook", WebhookApp(connection, on_events), methods=["POST"])`.

    It answers 200 after `on_events`, 400 if the body is not readable, 401 if the webhook is not authentic, 405 for another
    method than POST, 413 if it is too large, and 500 if `on_events` fails.
    """

    def __init__(self, connection: Connection, on_events: EventHandler) -> None:
        self._connection = connection
        self._on_events = on_events
        # Threads of its own, so that calls that wait for the contact center delay no webhook.
        self._threads = ThreadPoolExecutor(_THREADS, "handover-webhook")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers a request."""
        if scope["type"] != "http":
            raise NotImplementedError("this application only answers HTTP requests")
        if scope["method"] != "POST":
            status = 405
        else:
            try:
                body = await _read(receive, self._connection.limits.input)
            except _DisconnectedError:
                return
            status = 413 if body is None else await self._receive(webhook_from_asgi(scope, body))
        headers = [(b"content-length", b"0"), *([(b"allow", b"POST")] if status == 405 else [])]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _receive(self, webhook: Webhook) -> int:
        loop = asyncio.get_running_loop()
        try:
            received = await loop.run_in_executor(self._threads, self._connection.receive_webhook, webhook)
        except ProviderError:
            return 401
        except CallError as error:
            if error.limit in ("input", "headers"):
                return 413
            _log.exception("a webhook was not received")
            return 500
        if received["events"]["tag"] == "error":
            return 400
        try:
            await self._on_events(received["events"]["val"])
            return 200
        except Exception:
            _log.exception("the events of a webhook were not processed")
            return 500


class _DisconnectedError(Exception):
    """The client is gone."""


async def _read(receive: Any, maximum: int) -> bytes | None:
    """Reads the body. Returns `None` if it has more than `maximum` bytes."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _DisconnectedError
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > maximum:
            return None
        if not message.get("more_body", False):
            return b"".join(chunks)

"""Webhooks from ASGI servers: Starlette, FastAPI, Quart, Django."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from .contract import AgentEvent, Webhook
from .errors import CallError, ProviderError
from .host import Connection

_log = logging.getLogger(__name__)

_MAX_BODY = 1 << 20
"""The bytes of a body that are read at most; `Limits.input` may be smaller."""

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

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers a request."""
        if scope["type"] != "http":
            raise NotImplementedError("this application only answers HTTP requests")
        if scope["method"] != "POST":
            status = 405
        else:
            body = await _read(receive)
            status = 413 if body is None else await self._receive(webhook_from_asgi(scope, body))
        headers = [(b"content-length", b"0"), *([(b"allow", b"POST")] if status == 405 else [])]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _receive(self, webhook: Webhook) -> int:
        try:
            received = await asyncio.to_thread(self._connection.receive_webhook, webhook)
            if received["events"]["tag"] == "error":
                return 400
            await self._on_events(received["events"]["val"])
            return 200
        except ProviderError:
            return 401
        except CallError as error:
            if error.limit in ("input", "headers"):
                return 413
            _log.exception("a webhook was not processed")
            return 500
        except Exception:
            _log.exception("a webhook was not processed")
            return 500


async def _read(receive: Any) -> bytes | None:
    """Reads the body. Returns `None` if it is too large."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(chunks)
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > _MAX_BODY:
            return None
        if not message.get("more_body", False):
            return b"".join(chunks)

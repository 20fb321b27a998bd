"""WebhookApp, called as an ASGI server calls it."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import logging

import pytest

from handover_host import Host, Limits, ProviderError, WebhookApp

SECRET = "a secret of more than 15 characters"
PROVIDER = Host().load()
NEEDED = [field for field in PROVIDER.description["settings"] if field["required"] and field["key"] != "webhook-secret"]
SETTINGS = [{"key": field["key"], "value": field["example"]} for field in NEEDED]
SETTINGS.append({"key": "webhook-secret", "value": SECRET})
CONNECTION = PROVIDER.connect_offline(SETTINGS)


def body(text: str) -> bytes:
    """An agent's text (Open Messaging, outbound messages)."""
    channel = {"id": "i-1", "platform": "Open", "type": "Private", "to": {"id": "ada"}, "messageId": "m-1"}
    channel["time"] = "2026-03-01T10:00:00.000Z"
    message = {"id": "m-1", "channel": channel, "type": "Text", "text": text}
    return json.dumps({**message, "direction": "Outbound", "originatingEntity": "Human"}, ensure_ascii=False).encode()


def sign(content: bytes) -> bytes:
    return b"sha256=" + base64.b64encode(hmac.digest(SECRET.encode(), content, "sha256"))


def post(app: WebhookApp, content: bytes, signatures: list[bytes] | None = None, method: str = "POST") -> int:
    """Posts a webhook in two parts. Returns the status."""
    values = [sign(content)] if signatures is None else signatures
    headers = [(b"content-type", b"application/json"), *((b"x-hub-signature-256", value) for value in values)]
    scope = {"type": "http", "method": method, "path": "/webhook", "raw_path": b"/webhook", "query_string": b""}
    parts = [(content[:10], True), (content[10:], False)]
    sent = []

    async def receive():
        part, more = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": more}

    async def send(message):
        sent.append(message)

    asyncio.run(app({**scope, "headers": headers}, receive, send))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    return sent[0]["status"]


def test_answers_each_webhook(caplog: pytest.LogCaptureFixture) -> None:
    received = []

    async def on_events(events):
        if events[0]["kind"]["val"]["text"] == "fail":
            raise ProviderError("deliver", {"tag": "unsupported"})
        received.extend(events)

    app = WebhookApp(CONNECTION, on_events)
    assert post(app, body("Grüße")) == 200
    assert received[0]["kind"]["val"]["text"] == "Grüße"
    assert received[0]["time"] == 1_772_359_200_000
    assert post(app, body("a"), [sign(body("b"))]) == 401
    assert post(app, body("a"), []) == 401
    assert post(app, body("a"), [sign(body("a"))] * 2) == 401, "a repeated signature"
    assert post(app, b"[]") == 400
    assert post(app, b"a" * ((1 << 20) + 1)) == 413
    assert post(app, body("a"), method="GET") == 405
    assert len(received) == 1
    with caplog.at_level(logging.CRITICAL):
        assert post(app, body("fail")) == 500, "the contact center sends it again"


def test_reads_as_much_as_the_limit_of_the_connection_allows() -> None:
    async def on_events(events):
        pass

    connection = Host(limits=Limits(input=3 << 19)).load().connect_offline(SETTINGS)
    app = WebhookApp(connection, on_events)
    assert post(app, body("a" * (5 << 18))) == 200
    assert post(app, body("a" * (3 << 19))) == 413

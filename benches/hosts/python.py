"""Measures the host for Python, and the same job by hand as existing connectors do it. Reads settings, the secret and the
webhooks from the standard input, as JSON. Prints what was measured, the size and the microseconds of each.
"""

import base64
import hmac
import json
import sys
import time
from datetime import datetime

from handover_host import Host

given = json.load(sys.stdin)


def by_hand(webhook):
    actual = next(value for name, value in webhook["headers"] if name == "x-hub-signature-256")
    tag = hmac.digest(given["secret"].encode(), webhook["body"], "sha256")
    if not hmac.compare_digest(actual, b"sha256=" + base64.b64encode(tag)):
        raise ValueError("the signature is wrong")
    message = json.loads(webhook["body"])
    channel = message["channel"]
    time = datetime.fromisoformat(channel["time"].replace("Z", "+00:00"))
    return message["id"], channel["to"]["id"], time, message["text"]


def measure(call):
    """Returns the median time of a call in microseconds, in five rounds of at least 0.2 s after a warm-up."""
    rounds = []
    for _ in range(6):
        calls, began = 0, time.perf_counter()
        while time.perf_counter() - began < 0.2:
            call()
            calls += 1
        rounds.append(1e6 * (time.perf_counter() - began) / calls)
    return sorted(rounds[1:])[2]


connections = {
    name: Host(reuse=reuse).load().connect_offline(given["settings"]) for name, reuse in (("warm", sys.maxsize), ("fresh", 1))
}
for webhook in given["webhooks"]:
    size = webhook.pop("size")
    webhook["headers"] = [(name, base64.b64decode(value)) for name, value in webhook["headers"]]
    webhook = {"method": "POST", "path": "/", **webhook, "body": base64.b64decode(webhook["body"])}
    print("by-hand", size, measure(lambda: by_hand(webhook)))
    for name, connection in connections.items():
        assert connection.receive_webhook(webhook)["events"]["val"][0]["kind"]["tag"] == "message"
        print(name, size, measure(lambda: connection.receive_webhook(webhook)))

"""Each attack of the evil guest (tests/hosts/attacks.json) fails with its typed error or has no effect, and the next call
works. The environment variable EVIL is the path of the guest.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from handover_host import CallError, Host, HttpClient, HttpClientLimits, Limits, LoadError, ProviderError

ROOT = Path(__file__).parents[3]
ATTACKS = json.loads((ROOT / "tests/hosts/attacks.json").read_text())
CASES = re.search(r"\$each! \{([^}]*)\}", (ROOT / "tests/guests/evil/src/cases.rs").read_text())[1].split()
EVIL = Path(os.environ["EVIL"]).read_bytes()
SLOT = b"guest-slot-number:"

CONVERSATION = {"recipient": "user-1", "handover": 1, "id": None}
REQUEST = {"idempotency_key": "1", "recipient": "user-1", "operation": "message", "ttl_ms": None, "body": b""}
WEBHOOK = {"method": "POST", "path": "/", "headers": [], "body": b"{}"}
ARGUMENTS = {
    "verify-webhook": [WEBHOOK],
    "receive-webhook": [WEBHOOK],
    "map-agent-events": [{"tag": "webhook", "val": b'{"id":"1","type":"Text","text":"hi"}'}],
    "build-outbound-message": [CONVERSATION, {"id": "1", "time": 1, "message": {"tag": "typing"}}],
    "deliver": [REQUEST],
    "find-delivery": [CONVERSATION, REQUEST],
    "observe-conversation": [CONVERSATION],
    "fetch-agent-messages": [CONVERSATION],
    "check-availability": [{"skills": []}],
    "check-connection": [],
    "provision": ["https://a.example/", "plan"],
}

# For attacks that must end soon, and for those that must not end because this machine is busy.
IMPATIENT = Host(limits=Limits(cpu_time=0.3), http=HttpClient(HttpClientLimits(total=1.5, response=64 << 10)))
PATIENT = Host(limits=Limits(cpu_time=30.0), http=HttpClient(HttpClientLimits(response=64 << 10)))


def evil_with(name: str) -> bytes:
    """Returns the guest with a case on: its number in the slot of its data (tests/guests/slot)."""
    slot = EVIL.index(SLOT) + len(SLOT)
    return EVIL[:slot] + b"%03d" % (CASES.index(name) + 1) + EVIL[slot + 3 :]


class Server:
    """A server that counts requests, and answers in an unusual way."""

    def __init__(self, kind: str) -> None:
        self.requests = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests += 1
                getattr(server, kind)(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    def counting(self, request: BaseHTTPRequestHandler) -> None:
        request.send_response(204)
        request.end_headers()

    def redirecting(self, request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("location", "http://127.0.0.1:1/")
        request.end_headers()

    def dripping(self, request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("content-length", "1000")
        request.end_headers()
        self._write_while_read(request, b"a", 0.1)

    def endless(self, request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        self._write_while_read(request, b"a" * 1_000, 0)

    @staticmethod
    def _write_while_read(request: BaseHTTPRequestHandler, chunk: bytes, pause: float) -> None:
        try:
            while True:
                request.wfile.write(chunk)
                time.sleep(pause)
        except OSError:
            pass

    def close(self) -> None:
        self._server.shutdown()


def failure(call) -> str | None:
    """Returns how a call failed: `limit cpu-time`, `trapped` …; `None` if it did not."""
    try:
        call()
        return None
    except (CallError, LoadError) as error:
        why = error.__cause__ if isinstance(error, LoadError) else error
        assert isinstance(why, CallError), why
        return " ".join([why.kind, *([why.limit.replace("_", "-")] if why.limit else [])])


WELL_BEHAVED = {host: host.load().connect_prepared(b"") for host in (IMPATIENT, PATIENT)}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["case"])
def test_attack(attack) -> None:
    expected = attack.get("fails-elsewhere", attack.get("fails"))
    host = IMPATIENT if expected == "limit cpu-time" or attack.get("server") == "dripping" else PATIENT
    server = Server(attack["server"]) if "server" in attack else None
    origin = server.origin if server else "https://a.example"

    def connect():
        return host.load(evil_with(attack["case"])).connect([{"key": "url", "value": origin}], allowed=[origin])

    if attack["call"] in ("describe", "check-settings"):
        assert failure(connect) == expected
    else:
        connection = connect()

        def call():
            return getattr(connection, attack["call"].replace("-", "_"))(*ARGUMENTS[attack["call"]])

        if "answers" in attack:
            answers = [check["message"] for check in call()]
            assert (answers[:1] if len(set(answers)) == 1 else answers) == attack["answers"]
            assert server is None or server.requests == attack.get("requests", server.requests)
        else:
            assert failure(call) == expected
            assert failure(call) == expected, "the second time"
    if server:
        server.close()
    with pytest.raises(ProviderError):
        WELL_BEHAVED[host].map_agent_events({"tag": "webhook", "val": b"{}"})


def test_every_case_of_the_guest_is_an_attack_or_has_a_test_here() -> None:
    others = ["memory_of_earlier_calls", "the_cache_of_another_connection"]
    assert sorted([attack["case"] for attack in ATTACKS] + others) == sorted(CASES)


@pytest.mark.parametrize(("reuse", "second"), [(1, "0"), (1_000, "1")])
def test_memory_of_earlier_calls(reuse: int, second: str) -> None:
    provider = Host(limits=Limits(cpu_time=30.0), reuse=reuse).load(evil_with("memory_of_earlier_calls"))
    one, other = (
        provider.connect_offline([{"key": "url", "value": url}]) for url in ("https://a.example", "https://b.example")
    )

    def earlier_calls(connection) -> str:
        (event,) = connection.map_agent_events(*ARGUMENTS["map-agent-events"])
        return event["kind"]["val"]

    assert earlier_calls(one) == "0"
    assert earlier_calls(one) == second
    assert earlier_calls(other) == "0"


def test_the_cache_of_another_connection() -> None:
    provider = PATIENT.load(evil_with("the_cache_of_another_connection"))

    def seen(connection) -> list[str]:
        return [check["message"] for check in connection.check_connection()]

    one, other = (
        provider.connect([{"key": "url", "value": url}], allowed=[url])
        for url in ("https://a.example", "https://b.example")
    )
    assert seen(one) == ["None"] * 4
    assert seen(other) == ["None"] * 4, "the entries of another connection are not visible"
    assert seen(one) == ["Some([109, 105, 110, 101])", "None", "None", "None"]

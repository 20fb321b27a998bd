"""For the tests of packages: a local Genesys Cloud (`handover sandbox`), and what its agent does."""

import contextlib
import json
import pathlib
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[1]
DEADLINE = 60
"""Seconds."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def request(url: str, body: object = None, headers: dict[str, str] | None = None) -> Any:
    """Sends a body as JSON, if there is one, and returns the JSON of the response."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", **(headers or {})}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=DEADLINE) as response:
        return json.loads(response.read() or b"null")


def wait_for(what: str, condition: Callable[[], Any]) -> Any:
    """Returns the first value of the condition that is true."""
    ends = time.monotonic() + DEADLINE
    while time.monotonic() < ends:
        try:
            if value := condition():
                return value
        except OSError:
            # The server does not listen yet.
            pass
        time.sleep(0.1)
    raise SystemExit(f"{what}: not within {DEADLINE} s")


class Desk:
    """The agent's desk of a local Genesys Cloud with one conversation."""

    def __init__(self, origin: str) -> None:
        self.conversations = f"{origin}/sandbox/conversations"

    def conversation(self) -> str:
        return wait_for("a conversation", lambda: request(self.conversations)["conversations"])[0]["id"]

    def act(self, action: str, body: object) -> None:
        request(f"{self.conversations}/{self.conversation()}/{action}", body)

    def wait_for_text(self, text: str) -> None:
        url = f"{self.conversations}/{self.conversation()}"
        wait_for("the user's message", lambda: text in json.dumps(request(url)))


@contextlib.contextmanager
def local_genesys(handover: list[str], folder: pathlib.Path, webhook: str) -> Iterator[str]:
    """Runs a local Genesys Cloud that sends webhooks to a URL, and returns its origin. The folder gets
    `sandbox-settings.json`, the settings for it."""
    port = free_port()
    replaced = {"127.0.0.1:8090": f"127.0.0.1:{port}", "http://127.0.0.1:3000/webhook": webhook}
    for file in ("sandbox.toml", "sandbox-settings.json"):
        text = (ROOT / "examples" / file).read_text()
        for old, new in replaced.items():
            text = text.replace(old, new)
        (folder / file).write_text(text)
    origin = f"http://127.0.0.1:{port}"
    command = [*handover, "sandbox", "--config", str(folder / "sandbox.toml")]
    with running(command):
        wait_for("the local Genesys Cloud", lambda: request(f"{origin}/sandbox/conversations"))
        yield origin


@contextlib.contextmanager
def running(command: list[str], **options: Any) -> Iterator[None]:
    """Runs a program until the end of the block."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, **options)
    try:
        yield
    finally:
        process.terminate()
        process.wait()

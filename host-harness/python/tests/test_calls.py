"""Components with other types, and calls under way."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from pathlib import Path

import pytest
import wasmtime

from handover_host import ArgumentError, CallError, ConnectError, Host, Limits, LoadError, ProviderError
from handover_host.signature import Verifier

CONFIGURATION = "handover:provider/configuration@0.1.0"
SOURCE = {"tag": "webhook", "val": b'{"id":"1","type":"Nonsense"}'}
CONVERSATION = {"recipient": "ada", "handover": 1, "id": None}


@pytest.mark.parametrize(
    ("component", "message"),
    [
        (
            """(component (import "handover:provider/cache@0.1.0" (instance
                 (export "put" (func (param "key" u64) (param "value" (list u8)) (param "ttl-seconds" u32))))))""",
            "the component's function put does not have the contract's types",
        ),
        (
            """(component (import "handover:provider/cache@0.1.0" (instance (export "clear" (func)))))""",
            "the component imports the function clear of handover:provider/cache@0.1.0, which this host does not have",
        ),
        (
            f"""(component
                 (core module $m (memory (export "memory") 1) (func (export "f") (result i32) i32.const 8))
                 (core instance $i (instantiate $m))
                 (func $f (result string) (canon lift (core func $i "f") (memory (core memory $i "memory"))))
                 (instance $configuration (export "describe" (func $f)))
                 (instance $handover)
                 (export "{CONFIGURATION}" (instance $configuration))
                 (export "handover:provider/handover@0.1.0" (instance $handover)))""",
            "the component's function describe does not have the contract's types",
        ),
        (
            f"""(component (instance $none) (export "{CONFIGURATION}" (instance $none))
                 (export "handover:provider/handover@0.1.0" (instance $none)))""",
            "the component has no function check-connection: it implements another version of the contract",
        ),
        ("(component)", "the component does not export"),
        ("(module)", "this is a core WebAssembly module"),
    ],
)
def test_refuses_components_of_another_contract(component: str, message: str) -> None:
    with pytest.raises(LoadError) as error:
        Host().load(bytes(wasmtime.wat2wasm(component)))
    assert str(error.value).startswith(message)


class Network:
    """A network that answers when the test permits it."""

    def __init__(self) -> None:
        self.requests = threading.Semaphore(0)
        self.may_answer = threading.Event()

    def send(self, _request):
        self.requests.release()
        self.may_answer.wait(20)
        return {"tag": "unreachable"}


def connect(network: Network, limits: Limits):
    provider = Host(limits=limits, http=network).load()
    settings = [{"key": field["key"], "value": field["example"]} for field in provider.description["settings"]]
    allowed = [origin["url"] for origin in provider.check_settings(settings)["origins"]]
    connection = provider.connect(settings, allowed=allowed)
    message = {"id": "m-1", "time": 1, "message": {"tag": "text", "val": "Hello"}}
    (built,) = connection.build_outbound_message(CONVERSATION, message)
    return connection, built


def test_a_contact_center_that_does_not_answer_leaves_calls_to_webhooks() -> None:
    network = Network()
    connection, built = connect(network, Limits(concurrent_calls=4))
    failures = []

    def deliver() -> None:
        try:
            connection.deliver(built)
        except ProviderError as error:
            failures.append(error.value["tag"])

    threads = [threading.Thread(target=deliver) for _ in range(3)]
    for thread in threads:
        thread.start()
        assert network.requests.acquire(timeout=20)
    with pytest.raises(CallError) as error:
        connection.deliver(built)
    assert (error.value.kind, error.value.limit) == ("busy", "concurrent_calls")
    assert len(connection.map_agent_events(SOURCE)) == 1
    network.may_answer.set()
    for thread in threads:
        thread.join()
    assert failures == ["retry"] * 3


def test_a_call_ends_when_its_time_is_up() -> None:
    network = Network()
    connection, built = connect(network, Limits(call_time=0.2))
    threading.Timer(0.4, network.may_answer.set).start()
    with pytest.raises(CallError) as error:
        connection.deliver(built)
    assert (error.value.kind, error.value.limit) == ("limit", "call_time")


def test_the_message_of_an_error_has_the_reason() -> None:
    network = Network()
    network.may_answer.set()
    connection, built = connect(network, Limits())
    for operation, kind in ((built["operation"], "retry"), ("none", "permanent")):
        with pytest.raises(ProviderError, match=rf"^deliver: the provider answered {kind}: \S"):
            connection.deliver({**built, "operation": operation})
    # An error without a reason for people.
    with pytest.raises(ProviderError, match=r"^map-agent-events: the provider answered stale-settings$"):
        Host().load().connect_prepared(b"").map_agent_events(SOURCE)


def test_origins_that_are_no_list_are_an_error_that_names_them() -> None:
    provider = Host().load()
    for allowed in ("https://api.example.com", [1]):
        with pytest.raises(ArgumentError, match=r"^allowed: expected a list"):
            provider.connect([], allowed=allowed)
        with pytest.raises(ArgumentError):
            provider.connect_bots([], allowed=allowed)


def test_an_answered_error_keeps_no_instance_alive() -> None:
    connection = Host().load().connect_prepared(b"")
    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(each, wasmtime.Store) for each in gc.get_objects())
        for _ in range(20):
            with pytest.raises(ProviderError):
                connection.map_agent_events(SOURCE)
        stores = sum(isinstance(each, wasmtime.Store) for each in gc.get_objects())
    finally:
        gc.enable()
    assert stores - before <= 1


def test_a_webhook_of_another_type_is_an_error_that_names_the_part() -> None:
    connection = Host().load().connect_prepared(b"")
    webhook = {"method": "POST", "path": "/", "headers": [], "body": b"{}"}
    for part, value in (("body", "{}"), ("headers", [("a", "b")]), ("path", None)):
        with pytest.raises(ArgumentError, match=f"^webhook.{part}: "):
            connection.receive_webhook({**webhook, part: value})


def looping(evil: bytes, failed) -> None:
    """Runs a loop in a child process, with a host that the parent created."""
    try:
        HOST.load(evil)
    except LoadError as error:
        failed.put(str(error))


HOST = Host(limits=Limits(cpu_time=0.2))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_the_cpu_time_is_limited_after_a_fork() -> None:
    evil = Path(os.environ["EVIL"]).read_bytes()
    slot = evil.index(b"guest-slot-number:") + len(b"guest-slot-number:")
    evil = evil[:slot] + b"001" + evil[slot + 3 :]
    with pytest.raises(LoadError, match="cpu_time"):
        HOST.load(evil)
    context = multiprocessing.get_context("fork")
    failed = context.Queue()
    child = context.Process(target=looping, args=(evil, failed))
    child.start()
    try:
        assert "cpu_time" in failed.get(timeout=20)
    finally:
        child.kill()
        child.join()


def test_a_declared_signature_counts_in_any_case() -> None:
    # RFC 4231, test case 2, with the key `Jefe`.
    settings = [{"key": "secret", "value": "Jefe"}]
    signature = {
        "header": "X-Signature",
        "prefix": "v1=",
        "encoding": "base64",
        "algorithm": "hmac-sha256",
        "secrets": [{"setting": 0, "encoding": "utf8"}],
    }
    verifier = Verifier(signature, settings, lambda _: True)

    def verify(*values: str):
        headers = [("x-SIGNATURE", value.encode()) for value in values]
        body = b"what do ya want for nothing?"
        return verifier.verify({"method": "POST", "path": "/", "headers": headers, "body": body})

    tag = "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
    assert verify(f"v1={tag}") == 0
    assert verify() is None
    assert verify("a", "a") == {"tag": "multiple-signatures"}
    assert verify(tag) == {"tag": "unsupported-algorithm"}
    for encoded in (f" {tag}", tag[:-1], tag[:-2] + "N=", f"{tag}\n", f"{tag}==", "5bdc" * 16):
        assert verify(f"v1={encoded}") == {"tag": "invalid-encoding"}, encoded
    for encoded in ("AAAA", "=" * 89):
        assert verify(f"v1={encoded}") == {"tag": "invalid-length"}, encoded
    assert verify("v1=" + "A" * 43 + "=") == {"tag": "signature-mismatch"}


def test_a_provider_of_handovers_connects_no_bots() -> None:
    provider = Host().load()
    assert provider.interfaces == ["configuration", "handover"]
    with pytest.raises(ConnectError, match="bot-connector") as error:
        provider.connect_bots_prepared(b"")
    assert error.value.kind == "no-interface"

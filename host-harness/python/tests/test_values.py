from __future__ import annotations

from ctypes import byref

import pytest
from wasmtime import _ffi as ffi

from handover_host import ArgumentError, CallError, Limits, from_json, to_json
from handover_host.values import Budget, Val, lift, lower

DEFAULTS = Limits()
CONVERSATION = {"recipient": "ada", "handover": 1, "id": "c-1"}


def converted(type, value, limits=DEFAULTS):
    """Returns a value after its way to C and back."""
    val = Val()
    try:
        lower(type, value, val, "argument")
        return lift(type, val, Budget(limits))
    finally:
        ffi.wasmtime_component_val_delete(byref(val))


@pytest.mark.parametrize(
    ("type", "value", "message"),
    [
        ("conversation", {"recipient": "ada"}, "argument.handover: expected an int from 0 to 4294967295, got None"),
        ("conversation", {**CONVERSATION, "handover": True}, "argument.handover: expected an int from 0 to 4294967295, got a value of type bool"),
        ("conversation", {**CONVERSATION, "handover": -1}, "argument.handover: expected an int from 0 to 4294967295"),
        ("conversation", {**CONVERSATION, "Id": "c-2"}, "argument: unknown key Id"),
        ("event-source", {"tag": "webhook", "val": "{}"}, "argument.val: expected bytes (as they came, not a str), got a value of type str"),
        ("event-source", {"tag": "web"}, "argument.tag: expected one of webhook, event-bus, trigger, notification, got a value of type str"),
        ("event-source", "webhook", "argument: expected a dict with the keys `tag` and `val`, got a value of type str"),
        ("outbound-message", {"tag": "typing", "val": 1}, "argument: unknown key val"),
        ("provisioning-mode", "Plan", "argument: expected one of plan, apply, got a value of type str"),
        ("settings", [{"key": "host"}], "argument[0].value: expected a str, got None"),
        ("settings", [{"key": "host", "value": "\ud800"}], "argument[0].value: expected Unicode text, got a lone surrogate"),
    ],
)  # fmt: skip
def test_arguments_are_checked_and_the_error_names_the_path(type, value, message) -> None:
    with pytest.raises(ArgumentError) as error:
        converted(type, value)
    assert str(error.value) == message


def test_values_are_the_same_after_both_conversions() -> None:
    body = bytes(range(256)) * 4
    webhook = {"method": "POST", "path": "/", "headers": [("a", b"\xff\0"), ("b", b"")], "body": body}
    assert converted("webhook", webhook) == webhook
    assert converted("conversation", {"recipient": "Grüße \U0001f600", "handover": 2**32 - 1}) == {
        "recipient": "Grüße \U0001f600",
        "handover": 2**32 - 1,
        "id": None,
    }
    assert converted("integer-range", {"minimum": -(2**63), "maximum": 2**63 - 1})["minimum"] == -(2**63)
    for kind in ({"tag": "text"}, {"tag": "choice", "val": []}, {"tag": "choice", "val": ["a", ""]}):
        assert converted("setting-kind", kind) == kind
    for error in ({"tag": "empty"}, {"tag": "not-json", "val": 7}):
        result = {"tag": "error", "val": error}
        assert converted({"result": {"ok": {"list": "agent-event"}, "error": "mapping-error"}}, result) == result
    location = {"latitude": 52.5, "longitude": -13, "address": None, "name": None, "url": None}
    assert converted("location", location) == {**location, "longitude": -13.0}


def test_results_are_bounded() -> None:
    limits = Limits(output=100)
    assert converted({"list": "string"}, ["a" * 96], limits) == ["a" * 96]
    with pytest.raises(CallError) as error:
        converted({"list": "string"}, ["a" * 97], limits)
    assert (error.value.kind, error.value.limit) == ("limit", "output")


def test_the_json_form_is_that_of_the_contract() -> None:
    request = {
        "idempotency_key": "m-1",
        "recipient": "ada",
        "operation": "message",
        "ttl_ms": None,
        "body": b"\1\2\xff",
    }
    json = {"idempotency-key": "m-1", "recipient": "ada", "operation": "message", "ttl-ms": None, "body": "AQL/"}
    assert to_json("provider-request", request) == json
    assert from_json("provider-request", json) == request
    assert to_json("end-reason", {"tag": "completed"}) == "completed"
    assert to_json("event-kind", {"tag": "typing", "val": 5_000}) == {"typing": 5_000}
    assert from_json("end-reason", "completed") == {"tag": "completed"}
    with pytest.raises(ArgumentError):
        from_json("provider-request", {**json, "idempotency_key": "m-2"})

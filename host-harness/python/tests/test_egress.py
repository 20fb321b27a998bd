"""What a provider can reach."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from handover_host import CheckedRequest, ConnectError, Host, HttpClient, HttpClientLimits, Limits
from handover_host.http import check, is_public

CASES = json.loads((Path(__file__).parents[3] / "tests/hosts/egress.json").read_text())
"""The hosts for other languages test the same cases."""
ORIGINS = {"api": "https://api.example.com"}


def checked(path, headers=(), origin="api"):
    request = {"origin": origin, "method": "get", "path": path, "headers": list(headers), "body": b""}
    return check(request, ORIGINS, Limits())


@pytest.mark.parametrize("path", CASES["refused-paths"])
def test_a_path_cannot_reach_another_origin(path) -> None:
    assert checked(path) == {"tag": "invalid-request", "val": "path"}


@pytest.mark.parametrize(("path", "url"), CASES["paths"])
def test_a_path_follows_the_origin(path, url) -> None:
    assert checked(path).url == url


def test_headers_that_control_the_connection_are_refused() -> None:
    for name, value in CASES["headers"]:
        assert isinstance(checked("/", [(name, value)]), CheckedRequest), (name, value)
    refused = {"tag": "invalid-request", "val": "headers"}
    for name, value in CASES["refused-headers"]:
        assert checked("/", [(name, value)]) == refused, (name, value)
    assert isinstance(checked("/", [("a", "b")] * 64), CheckedRequest)
    assert checked("/", [("a", "b")] * 65) == refused
    assert checked("/", origin="evil") == {"tag": "origin-not-allowed"}


@pytest.mark.parametrize("address", CASES["public-addresses"])
def test_public_addresses(address) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", [*CASES["special-purpose-addresses"], "fe80::1%eth0"])
def test_special_purpose_addresses(address) -> None:
    assert not is_public(address)


def test_nothing_is_sent_to_a_name_without_a_public_address() -> None:
    client = HttpClient(HttpClientLimits(connect=1.0))
    # RFC 6761, section 6.4: names below `invalid` do not exist.
    assert client.send(CheckedRequest("GET", "http://handover.invalid/", [], b"")) == {"tag": "unreachable"}
    # Port 1 (tcpmux) is closed, but `localhost` may be tried.
    assert client.send(CheckedRequest("GET", "http://localhost:1/", [], b"")) == {"tag": "unreachable"}


def test_only_the_exact_origins_that_are_allowed_are_granted() -> None:
    provider = Host().load()
    settings = [{"key": field["key"], "value": field["example"]} for field in provider.description["settings"]]
    allowed = [origin["url"] for origin in provider.check_settings(settings)["origins"]]
    provider.connect(settings, allowed=[f"{url.upper().replace('HTTPS', 'https')}:443/" for url in allowed])
    http = [url.replace("https", "http") for url in allowed]
    for others in ([], allowed[1:], http, [f"{url}:8443" for url in allowed]):
        with pytest.raises(ConnectError) as error:
            provider.connect(settings, allowed=others)
        assert error.value.kind == "origin-not-allowed"
    for invalid in ("api.example.com", "ftp://a.b", "https://a.b/c", "https://u@a.b", "https://a.b?c", "https://", "*"):
        with pytest.raises(ConnectError):
            provider.connect(settings, allowed=[invalid])

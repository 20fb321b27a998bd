"""What a provider can reach. The tables are those of handover-host for Rust."""

from __future__ import annotations

import pytest

from handover_host import CheckedRequest, ConnectError, Host, HttpClient, HttpClientLimits, Limits
from handover_host.http import check, is_public

ORIGINS = {"api": "https://api.example.com"}


def checked(path, headers=(), origin="api"):
    request = {"origin": origin, "method": "get", "path": path, "headers": list(headers), "body": b""}
    return check(request, ORIGINS, Limits())


@pytest.mark.parametrize(
    "path",
    ["", "evil", "//evil.org", "///evil.org", "@evil.org", "\\\\evil.org", "/\\evil.org", "/\\/evil.org", ":8080/",
     ".evil.org/", "https://evil.org/", "/a b", "/a\r\nHost: evil.org", "/a\0", "/a#b", "/ä"],
)  # fmt: skip
def test_a_path_cannot_reach_another_origin(path) -> None:
    assert checked(path) == {"tag": "invalid-request", "val": "path"}


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/", "https://api.example.com/"),
        ("/a/b?c=d//e", "https://api.example.com/a/b?c=d//e"),
        ("/@evil.org/:80", "https://api.example.com/@evil.org/:80"),
        ("/a/../../b", "https://api.example.com/b"),
        ("/.//evil.org", "https://api.example.com//evil.org"),
    ],
)
def test_a_path_follows_the_origin(path, url) -> None:
    assert checked(path).url == url


def test_headers_that_control_the_connection_are_refused() -> None:
    assert isinstance(checked("/", [("authorization", "Bearer x"), ("accept", "*/*")]), CheckedRequest)
    for name in ["host", "Host", "content-length", "Transfer-Encoding", "connection", "a b", "", "a\n"]:
        assert checked("/", [(name, "x")]) == {"tag": "invalid-request", "val": "headers"}, name
    assert checked("/", [("a", "b\r\nhost: evil.org")]) == {"tag": "invalid-request", "val": "headers"}
    assert checked("/", [("a", "b")] * 65) == {"tag": "invalid-request", "val": "headers"}
    assert checked("/", origin="evil") == {"tag": "origin-not-allowed"}


@pytest.mark.parametrize("address", ["8.8.8.8", "52.28.1.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_public_addresses(address) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0", "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "224.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
     "64:ff9b::a00:1", "64:ff9b::1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "2002:7f00:1::", "2001::1", "ff02::1"],
)  # fmt: skip
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

"""The HTTP requests of providers: their check and their transport."""

from __future__ import annotations

import http.client
import io
import ipaddress
import math
import re
import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from .contract import HttpError, Request, Response
from .limits import Limits


@dataclass(frozen=True)
class CheckedRequest:
    """A request whose origin is allowed, and without a header that controls the connection."""

    method: str
    url: str = field(repr=False)
    headers: list[tuple[str, str]] = field(repr=False)
    body: bytes = field(repr=False)
    ends: float = math.inf
    """When the call ends that makes it, in the time of `time.monotonic`."""


class Transport(Protocol):
    """Sends requests that the host has checked. Threads call it at the same time."""

    def send(self, request: CheckedRequest) -> Response | HttpError:
        """Sends a request and reads the whole response. Follows no redirect."""


_MAX_PATH_BYTES = 8 << 10
_MAX_HEADERS = 64

_RESERVED = {
    "connection",
    "content-length",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
"""Headers that control the connection or identify its endpoints (RFC 9110, section 7.6.1, and the forbidden names of the
Fetch standard). The host sets the ones that a request needs."""

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
"""A token (RFC 9110, section 5.6.2)."""
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
"""A field value (RFC 9110, section 5.5), without the characters that have no encoding that all servers agree on."""
_PATH = re.compile(r"/(?!/)[\x21-\x22\x24-\x5b\x5d-\x7e]*")
r"""Visible ASCII without the characters that parsers of URLs treat specially: `\` as a slash, `#` as the end."""


def check(request: Request, origins: dict[str, str], limits: Limits) -> CheckedRequest | HttpError:
    """Checks a request. Returns why it is refused, if it is."""
    origin = origins.get(request["origin"])
    if origin is None:
        return {"tag": "origin-not-allowed"}
    path = request["path"]
    if len(path) > _MAX_PATH_BYTES or not _PATH.fullmatch(path):
        return {"tag": "invalid-request", "val": "path"}
    url = origin + _without_dots(path)
    if origin_of(url) != origin:
        return {"tag": "invalid-request", "val": "path"}
    if len(request["body"]) > limits.http_request:
        return {"tag": "invalid-request", "val": "body"}
    headers = request["headers"]
    fits = (
        _HEADER_NAME.fullmatch(name) and name.lower() not in _RESERVED and _HEADER_VALUE.fullmatch(value)
        for name, value in headers
    )
    if len(headers) > _MAX_HEADERS or not all(fits):
        return {"tag": "invalid-request", "val": "headers"}
    return CheckedRequest(request["method"].upper(), url, headers, request["body"])


def _without_dots(path: str) -> str:
    """Returns a path with its query and without the segments `.` and `..` (URL Standard, "path state")."""
    path, mark, query = path.partition("?")
    segments: list[str] = []
    for segment in path[1:].split("/"):
        dots = segment.lower().replace("%2e", ".")
        if dots == "..":
            segments = segments[:-1]
        elif dots != ".":
            segments.append(segment)
    if dots in (".", ".."):
        segments.append("")
    return "/" + "/".join(segments) + mark + query


def origin_of(url: str) -> str | None:
    """Returns the origin of a URL in its normal form: `https://api.example.com`. `None` if it has none."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        return None
    if scheme not in ("http", "https") or not host or not host.isascii():
        return None
    default = {"http": 80, "https": 443}[scheme]
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" if port in (None, default) else f"{scheme}://{shown}:{port}"


@dataclass(frozen=True)
class HttpClientLimits:
    """The limits of an HTTP exchange. Times are in seconds."""

    connect: float = 5.0
    """Connecting to all addresses of a name together, including TLS. Resolving the name is not included."""
    read: float = 15.0
    """The time without a byte of the response."""
    total: float = 30.0
    """The whole exchange."""
    response: int = 4 << 20
    """The bytes of the response's body."""


class HttpClient:
    """An HTTP client. It follows no redirect, uses no proxy, verifies certificates, and connects to a host name only at
    public addresses. An address that the operator configured is used as it is. Each exchange has its own connection.
    """

    def __init__(self, limits: HttpClientLimits | None = None) -> None:
        self._limits = limits or HttpClientLimits()
        self._tls = ssl.create_default_context()

    def send(self, request: CheckedRequest) -> Response | HttpError:
        """Sends a request and reads the whole response. Follows no redirect."""
        deadline = min(time.monotonic() + self._limits.total, request.ends)
        parts = urlsplit(request.url)
        host = parts.hostname or ""
        port = {"http": 80, "https": 443}[parts.scheme] if parts.port is None else parts.port
        try:
            stream = self._connect(host, port, parts.scheme == "https", deadline)
        except OSError:
            return {"tag": "unreachable"}
        # With the name of the host, for the header Host, and a connection that exists.
        connection = http.client.HTTPConnection(host, port)
        try:
            return self._exchange(connection, stream, request, deadline)
        except TimeoutError:
            return {"tag": "timed-out"}
        except (OSError, http.client.HTTPException):
            return {"tag": "interrupted"}
        finally:
            connection.close()
            stream.close()

    def _connect(self, host: str, port: int, is_secure: bool, deadline: float) -> socket.socket:
        error: OSError = OSError("the name has no public address")
        deadline = min(time.monotonic() + self._limits.connect, deadline)
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            if not _is_usable(host, str(address[0])):
                continue
            stream = socket.socket(family, kind, protocol)
            try:
                _limit_wait(stream, deadline, math.inf)
                stream.connect(address)
                stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if not is_secure:
                    return stream
                _limit_wait(stream, deadline, math.inf)
                # The end of a body without a length must be authentic.
                return self._tls.wrap_socket(stream, server_hostname=host, suppress_ragged_eofs=False)
            except OSError as failed:
                stream.close()
                error = failed
        raise error

    def _exchange(
        self, connection: http.client.HTTPConnection, stream: socket.socket, request: CheckedRequest, deadline: float
    ) -> Response | HttpError:
        connection.sock = _DeadlineSocket(stream, deadline, self._limits.read)
        parts = urlsplit(request.url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.putrequest(request.method, path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("host", parts.netloc)
        if not any(name.lower() == "user-agent" for name, _ in request.headers):
            connection.putheader("user-agent", "handover-host")
        connection.putheader("connection", "close")
        for name, value in request.headers:
            connection.putheader(name, value)
        if request.body or request.method != "GET":
            connection.putheader("content-length", str(len(request.body)))
        connection.endheaders(request.body or None)
        response = connection.getresponse()
        if response.headers.defects:
            return {"tag": "interrupted"}
        chunks: list[bytes] = []
        size = 0
        while True:
            chunk = response.read1(64 << 10)
            if not chunk:
                break
            size += len(chunk)
            if size > self._limits.response:
                return {"tag": "response-too-large"}
            chunks.append(chunk)
        if response.length:
            # The connection ended before the body did.
            return {"tag": "interrupted"}
        headers = [(name.lower(), value.encode("latin-1", "replace")) for name, value in response.getheaders()]
        return {"status": response.status, "headers": headers, "body": b"".join(chunks)}


def _limit_wait(stream: socket.socket, deadline: float, longest: float) -> None:
    """Limits the next operation of a socket. Raises `TimeoutError` if the deadline has passed."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    stream.settimeout(min(left, longest))


class _DeadlineSocket:
    """What `http.client` uses of a socket, with a deadline for everything together."""

    def __init__(self, stream: socket.socket, deadline: float, read: float) -> None:
        self._stream = stream
        self._deadline = deadline
        self._read = read

    def sendall(self, data: bytes) -> None:
        _limit_wait(self._stream, self._deadline, self._read)
        self._stream.sendall(data)

    def recv_into(self, buffer: memoryview) -> int:
        _limit_wait(self._stream, self._deadline, self._read)
        return self._stream.recv_into(buffer)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """Does nothing, because `http.client` closes the socket before the body is read. `HttpClient` closes it."""


class _Reader(io.RawIOBase):
    def __init__(self, stream: _DeadlineSocket) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self._stream.recv_into(buffer)


_SPECIAL_PURPOSE = [
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/8",  # unspecified, loopback, IPv4-compatible
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",  # Teredo, ORCHID and other assignments of the IETF
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries any IPv4 address
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
]
"""Address blocks that are not public: the special-purpose registries of IANA (RFC 6890 and its successors), multicast and
reserved blocks. Python's own `is_global` depends on its version."""

_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Returns whether an address is reachable from the public internet: it is in no special-purpose block (RFC 6890)."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        # An IPv4 address mapped to IPv6, or behind a translator (RFC 6052), counts as the IPv4 address.
        if parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        elif parsed in _TRANSLATED:
            parsed = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
    return not any(parsed in network for network in _SPECIAL_PURPOSE)


def _is_usable(host: str, address: str) -> bool:
    """Returns whether the client may connect to this address of a host. `localhost` names this machine (RFC 6761, section
    6.3), so an operator who allows it intends that.
    """
    try:
        ipaddress.ip_address(host)
        return True
    except ValueError:
        return ipaddress.ip_address(address).is_loopback if host == "localhost" else is_public(address)

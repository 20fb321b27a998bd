"""Verifies webhooks by the signature that a provider declares, without calling it."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable

from .contract import Rejection, Setting, Webhook, WebhookSignature

_TAG_BYTES = 32
"""The length of an HMAC-SHA-256 tag, in bytes (RFC 2104, RFC 6234)."""
_MAX_ENCODED_BYTES = 88
"""An encoded tag that is longer is refused before it is decoded, because the sender controls its length (contract,
`webhook-signature`)."""
_HEXADECIMAL = re.compile(rb"[0-9a-fA-F]{64}")


class Verifier:
    """A declared signature with its secrets, ready to verify webhooks."""

    def __init__(
        self, signature: WebhookSignature, settings: list[Setting], is_secret: Callable[[Setting], bool]
    ) -> None:
        """Raises `ValueError` if the declaration is not valid. The text says why."""
        if signature["encoding"] == "utf8":
            raise ValueError("a tag is bytes and has no encoding utf8")
        if not signature["secrets"]:
            raise ValueError("it has no secret")
        self._signature = signature
        self._header = signature["header"].lower()
        self._secrets: list[bytes] = []
        for declared in signature["secrets"]:
            index = declared["setting"]
            if index >= len(settings) or not is_secret(settings[index]):
                raise ValueError(f"the setting {index} is not a secret")
            secret = _decode(settings[index]["value"].encode(), declared["encoding"])
            if not secret:
                raise ValueError(f"the value of {settings[index]['key']} is empty or not in its encoding")
            self._secrets.append(secret)

    def verify(self, webhook: Webhook) -> int | Rejection | None:
        """Verifies a webhook, and returns the index of the secret that signed it, or the rejection. Returns `None` if the
        webhook does not have the header, so that only the provider can decide.
        """
        values = [value for name, value in webhook["headers"] if name.lower() == self._header]
        if not values:
            return None
        if len(values) > 1:
            return {"tag": "multiple-signatures"}
        tag = self._tag(bytes(values[0]))
        if not isinstance(tag, bytes):
            return tag
        for index, secret in enumerate(self._secrets):
            if hmac.compare_digest(hmac.digest(secret, webhook["body"], "sha256"), tag):
                return index
        return {"tag": "signature-mismatch"}

    def _tag(self, value: bytes) -> bytes | Rejection:
        prefix, encoding = self._signature["prefix"].encode(), self._signature["encoding"]
        if not value.startswith(prefix):
            return {"tag": "unsupported-algorithm"}
        encoded = value[len(prefix) :]
        if encoding == "base64" and _HEXADECIMAL.fullmatch(encoded):
            return {"tag": "invalid-encoding"}
        if len(encoded) > _MAX_ENCODED_BYTES:
            return {"tag": "invalid-length"}
        tag = _decode(encoded, encoding)
        if tag is None:
            return {"tag": "invalid-encoding"}
        return tag if len(tag) == _TAG_BYTES else {"tag": "invalid-length"}


def _decode(text: bytes, encoding: str) -> bytes | None:
    """Decodes a text. Returns `None` if it is not in this encoding."""
    if encoding == "utf8":
        return text
    try:
        if encoding == "hexadecimal":
            return binascii.unhexlify(text)
        decoded = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    # Python accepts bits after the end and padding in excess, so only a text that is encoded in the same way is valid.
    return decoded if base64.b64encode(decoded) == text else None

"""Connects a bot platform with the human agents of a contact center: loads a provider, a WebAssembly component, and calls
it within limits.

`contract` has the types of the contract.
"""

from . import contract
from .bot_connection import BotConnection
from .cache import Cache, MemoryCache
from .connection import Connection
from .errors import ArgumentError, CallError, ConnectError, LoadError, ProviderError
from .host import Host, Provider
from .http import CheckedRequest, HttpClient, HttpClientLimits, Transport
from .json_form import from_json, to_json
from .limits import Limits
from .webhook import EventHandler, WebhookApp, webhook_from_asgi

__all__ = [
    "ArgumentError",
    "BotConnection",
    "Cache",
    "CallError",
    "CheckedRequest",
    "ConnectError",
    "Connection",
    "EventHandler",
    "Host",
    "HttpClient",
    "HttpClientLimits",
    "Limits",
    "LoadError",
    "MemoryCache",
    "Provider",
    "ProviderError",
    "Transport",
    "WebhookApp",
    "contract",
    "from_json",
    "to_json",
    "webhook_from_asgi",
]

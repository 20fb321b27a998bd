"""Runs calls of `handover conformance --host` in this host (tests/hosts/README.md)."""

import base64
import json
import sys

from handover_host import Host, MemoryCache, ProviderError, from_json, to_json
from handover_host.schema import FUNCTIONS, snake


class Script:
    """A network with scripted answers, and the cache of one call."""

    def begin(self, network):
        self.network, self.requests, self.memory = network, [], MemoryCache()

    def send(self, request):
        headers = [list(header) for header in request.headers]
        body = base64.b64encode(request.body).decode()
        self.requests.append({"method": request.method, "url": request.url, "headers": headers, "body": body})
        answers = self.network["scripted"]["answers"]
        made = len(self.requests)
        answer = answers[made - 1] if made <= len(answers) else self.network["scripted"]["then"]
        if "error" in answer:
            return {"tag": answer["error"]}
        headers = [(name.lower(), value.encode()) for name, value in answer["headers"]]
        return {"status": answer["status"], "headers": headers, "body": base64.b64decode(answer["body"])}

    def get(self, *key):
        return self.memory.get(*key)

    def put(self, *entry):
        self.memory.put(*entry)


script = Script()
component = open(sys.argv[1], "rb").read()
providers = {
    "fresh": Host(http=script, cache=script).load(component),
    "kept": Host(http=script, cache=script, reuse=sys.maxsize).load(component),
}
kept = {}


def connect(call, interface):
    provider = providers[call["instance"]]
    for_bots = interface == "bot-connector" or "handover" not in provider.interfaces
    of = json.dumps([call.get("settings"), call.get("prepared"), call["network"] == "offline", for_bots])
    bots = "_bots" if for_bots else ""
    if call["instance"] == "kept" and of in kept:
        connection = kept[of]
    elif "prepared" in call:
        connection = getattr(provider, f"connect{bots}_prepared")(base64.b64decode(call["prepared"]))
    elif call["network"] == "offline":
        connection = getattr(provider, f"connect{bots}_offline")(call["settings"])
    else:
        allowed = [origin["url"] for origin in provider.check_settings(call["settings"])["origins"]]
        connection = getattr(provider, f"connect{bots}")(call["settings"], allowed=allowed)
    if call["instance"] == "kept":
        kept[of] = connection
    return connection if for_bots or call["verifier"] == "host" else connection.verified_by_provider()


def make(call):
    script.begin(call["network"])
    function = FUNCTIONS[call["function"]]
    if function.name == "describe":
        return {"result": to_json(function.result, providers[call["instance"]].description)}
    arguments = [(name, type) for name, type in function.parameters if type != "prepared-settings"]
    values = [from_json(type, call["arguments"][name]) for name, type in arguments]
    try:
        target = providers[call["instance"]] if "none" in call else connect(call, function.interface)
        value = getattr(target, snake(function.name))(*values)
        return {"result": to_json(function.result, {"tag": "ok", "val": value}), "requests": script.requests}
    except ProviderError as error:
        if error.call != function.name:
            raise
        return {"result": to_json(function.result, {"tag": "error", "val": error.value}), "requests": script.requests}


for line in sys.stdin:
    try:
        result = {"made": make(json.loads(line))}
    except Exception as error:
        result = {"failed": f"{type(error).__name__}: {error}"}
    print(json.dumps(result), flush=True)

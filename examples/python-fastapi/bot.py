"""A bot that hands its users over to agents: python bot.py SETTINGS ORIGINS PORT
Users write with POST /chat/USER {"text": …} and read with GET /chat/USER.
"""
import asyncio, contextlib, json, re, sys, time, uuid, uvicorn
from fastapi import Body, FastAPI
from handover_host import CallError, Host, ProviderError, WebhookApp

settings, origins, port = sys.argv[1:]
connection = Host().load().connect(json.load(open(settings)), allowed=origins.split(","))
app, chats = FastAPI(), {}  # A real bot stores its chats, and each request before it is delivered.

def chat_of(user):
    return chats.setdefault(user, {"user": user, "lines": [], "number": 0, "agent": False, "id": None, "seen": set()})

def conversation_of(chat):
    return {"recipient": chat["user"], "handover": chat["number"], "id": chat["id"]}

async def send(chat, message):
    outbound = {"id": str(uuid.uuid4()), "time": int(time.time() * 1000), "message": message}
    for request in connection.build_outbound_message(conversation_of(chat), outbound):
        chat["id"] = (await asyncio.to_thread(connection.deliver, request))["conversation_id"] or chat["id"]

async def happened(events):
    for event in events:
        chat = chat_of(event["recipient"])
        if event["id"] in chat["seen"]:  # An event can come again: by webhook, and by polling.
            continue
        chat["seen"].add(event["id"])
        chat["id"] = event["conversation_id"] or chat["id"]
        match event["kind"]:
            case {"tag": "message", "val": message}:
                chat["lines"].append({"from": "agent", "text": message["text"]})
            case {"tag": "ended"}:
                chat.update(agent=False, id=None)
                chat["lines"].append({"from": "bot", "text": "The agent has left."})

async def poll():  # Genesys's webhook does not report the end of a conversation.
    while not await asyncio.sleep(2):
        for chat in [chat for chat in chats.values() if chat["agent"] and chat["id"]]:
            with contextlib.suppress(ProviderError, CallError):
                await happened(await asyncio.to_thread(connection.observe_conversation, conversation_of(chat)))

@app.post("/chat/{user}")
async def write(user: str, text: str = Body(embed=True)):
    chat = chat_of(user)
    if chat["agent"]:
        await send(chat, {"tag": "text", "val": text})
    elif re.search("human|agent|person", text):
        lines = [{"speaker": line["from"], "time": int(time.time() * 1000), "text": line["text"]} for line in chat["lines"]]
        chat["number"] += 1
        await send(chat, {"tag": "start", "val": {"transcript": lines, "text": text, "routing": {"skills": []}, "attributes": []}})
        chat["agent"] = True
    chat["lines"] += [{"from": "user", "text": text}]
    chat["lines"] += [] if chat["agent"] else [{"from": "bot", "text": f"You said: {text}"}]
    return chat["lines"]
app.get("/chat/{user}")(lambda user: chat_of(user)["lines"])
app.add_route("/webhook", WebhookApp(connection, happened), methods=["POST"])
async def main():
    await asyncio.gather(uvicorn.Server(uvicorn.Config(app, port=int(port), log_level="warning")).serve(), poll())
asyncio.run(main())

// A bot that hands its users over to agents: node bot.mjs SETTINGS ORIGINS PORT
// Users write with POST /chat/USER {"text": …} and read with GET /chat/USER.
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import express from "express";
import { Host, webhookHandler } from "handover-host";
const [settings, origins, port] = process.argv.slice(2);
const provider = await new Host().load();
const connection = await provider.connect(JSON.parse(await readFile(settings, "utf8")), { allowed: origins.split(",") });
const chats = new Map(); // A real bot stores its chats, and each request before it is delivered.

function chatOf(user) {
  const chat = chats.get(user) ?? { user, lines: [], handover: 0, hasAgent: false, conversation: undefined, seen: new Set() };
  chats.set(user, chat);
  return chat;
}

const conversationOf = ({ user, handover, conversation }) => ({ recipient: user, handover, id: conversation });
async function send(chat, message) {
  const outbound = { id: randomUUID(), time: Date.now(), message };
  for (const request of await connection.buildOutboundMessage(conversationOf(chat), outbound)) {
    chat.conversation = (await connection.deliver(request)).conversationId ?? chat.conversation;
  }
}

function happened(chat, { id, conversationId, kind }) {
  if (chat.seen.has(id)) return; // An event can come again: by webhook, and by polling.
  chat.seen.add(id);
  chat.conversation = conversationId ?? chat.conversation;
  if (kind.tag === "message") chat.lines.push({ from: "agent", text: kind.val.text });
  if (kind.tag !== "ended") return;
  Object.assign(chat, { hasAgent: false, conversation: undefined });
  chat.lines.push({ from: "bot", text: "The agent has left." });
}

const app = express();
app.post("/webhook", webhookHandler(connection, (events) => {
  for (const event of events) if (event.recipient) happened(chatOf(event.recipient), event);
}));
app.get("/chat/:user", (request, response) => response.json(chatOf(request.params.user).lines));
app.post("/chat/:user", express.json(), async ({ params, body: { text } }, response) => {
  const chat = chatOf(params.user);
  if (chat.hasAgent) {
    await send(chat, { tag: "text", val: text });
  } else if (/human|agent|person/.test(text)) {
    const transcript = chat.lines.map(({ from, text }) => ({ speaker: from, time: Date.now(), text }));
    chat.handover += 1;
    await send(chat, { tag: "start", val: { transcript, text, routing: { skills: [] }, attributes: [] } });
    chat.hasAgent = true;
  }
  chat.lines.push({ from: "user", text }, ...(chat.hasAgent ? [] : [{ from: "bot", text: `You said: ${text}` }]));
  response.json(chat.lines);
});
app.listen(Number(port), "127.0.0.1");
setInterval(async () => { // Genesys's webhook does not report the end of a conversation.
  for (const chat of [...chats.values()].filter(({ hasAgent, conversation }) => hasAgent && conversation)) {
    const events = await connection.observeConversation(conversationOf(chat)).catch(() => []);
    events.forEach((event) => happened(chat, event));
  }
}, 2_000);

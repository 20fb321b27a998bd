// Verifies and parses webhooks as existing connectors do, and extracts the relevant fields. Prints its address.
import express from "express";
import { isAuthentic } from "./authentic.mjs";

const app = express();
app.disable("x-powered-by");
app.use(express.raw({ type: "application/json", limit: "1mb" }));
app.post("/handover/genesysCloudOM", (request, response) => {
  if (!isAuthentic(request)) {
    response.status(401).end();
    return;
  }
  const message = JSON.parse(request.body.toString("utf8"));
  const event = {
    id: message.id,
    recipient: message.channel?.to?.id,
    conversation: message.conversationId,
    time: Date.parse(message.channel?.time),
    kind: message.type,
    author: message.originatingEntity,
    text: message.text,
  };
  response.status(event.id && event.recipient ? 200 : 500).end();
});
const server = app.listen(0, "127.0.0.1", () => console.log(`127.0.0.1:${server.address().port}`));

// Verifies webhooks and stores each in SQLite before it answers: one transaction each, synced to disk, duplicates
// ignored. The argument is the file of the database. Prints its port.
import Database from "better-sqlite3";
import express from "express";
import { isAuthentic } from "./authentic.mjs";

const database = new Database(process.argv[2]);
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");
database.exec("CREATE TABLE events (id TEXT PRIMARY KEY, recipient TEXT NOT NULL, body BLOB NOT NULL) WITHOUT ROWID");
const insert = database.prepare("INSERT OR IGNORE INTO events (id, recipient, body) VALUES (?, ?, ?)");

const app = express();
app.disable("x-powered-by");
app.use(express.raw({ type: "application/json", limit: "1mb" }));
app.post("/handover/genesysCloudOM", (request, response) => {
  if (!isAuthentic(request)) {
    response.status(401).end();
    return;
  }
  const message = JSON.parse(request.body.toString("utf8"));
  if (!message.id || !message.channel?.to?.id) {
    response.status(500).end();
    return;
  }
  insert.run(message.id, message.channel.to.id, request.body);
  response.status(200).end();
});
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));

// Webhooks from Node's HTTP servers.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { AgentEvent, ReceivedWebhook, Webhook } from "./contract.js";
import { CallError, ProviderError } from "./errors.js";
import type { Connection } from "./connection.js";

/**
 * Stores or processes the events of a webhook. The webhook is answered with 200 when it has ended, and with 500, so that
 * the contact center sends it again, if it fails. So an event can come again, with the same `id`.
 */
export type EventHandler = (events: AgentEvent[]) => Promise<void> | void;

/**
 * Returns the webhook in a request of Node, Express or Fastify's `request.raw`.
 *
 * @param body The bytes as they arrived: the signature covers them.
 */
export function webhookFrom(request: IncomingMessage, body: Uint8Array): Webhook {
  const headers: [string, Uint8Array][] = [];
  // Unlike `headers`, these are not merged, and each character of a value is a byte.
  const { rawHeaders } = request;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const value = new Uint8Array(Buffer.from(rawHeaders[index + 1] ?? "", "latin1"));
    headers.push([rawHeaders[index]?.toLowerCase() ?? "", value]);
  }
  const path = (request as { originalUrl?: string }).originalUrl ?? request.url ?? "/";
  return { method: request.method ?? "POST", path, headers, body };
}

/**
 * Returns a handler of webhooks for `http.createServer` and Express: `app.post("/webhook", webhookHandler(…))`. In
 * Express, put it before `express.json()`, which discards the bytes that the signature covers; `express.raw` may come
 * first.
 *
 * It answers 200 after `onEvents`, 400 if the body is not readable, 401 if the webhook is not authentic, 413 if it is too
 * large, and 500 if `onEvents` fails.
 */
export function webhookHandler(
  connection: Connection,
  onEvents: EventHandler,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    // Never rejects, because `http.createServer` does not handle it, and Node then ends the process.
    try {
      const body = await bodyOf(request, connection.limits.input);
      response.statusCode = body === undefined ? 413 : await receive(connection, webhookFrom(request, body), onEvents);
    } catch (error) {
      if (request.readableAborted) {
        // The client is gone.
        return;
      }
      console.error("a webhook was not received:", error);
      response.statusCode = 500;
    }
    response.end();
  };
}

/** Reads the body, or takes the bytes that a parser has read. Returns `undefined` if it has more than `maximum` bytes. */
async function bodyOf(request: IncomingMessage, maximum: number): Promise<Uint8Array | undefined> {
  const { body } = request as { body?: unknown };
  if (body instanceof Uint8Array) {
    return body;
  }
  if (request.readableEnded) {
    throw new TypeError("a parser has read the body; put the webhook before express.json(), or use express.raw()");
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maximum) {
      return undefined;
    }
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

async function receive(connection: Connection, webhook: Webhook, onEvents: EventHandler): Promise<number> {
  let received: ReceivedWebhook;
  try {
    received = await connection.receiveWebhook(webhook);
  } catch (error) {
    if (error instanceof ProviderError) {
      return 401;
    }
    if (error instanceof CallError && (error.limit === "input" || error.limit === "headers")) {
      return 413;
    }
    console.error("a webhook was not received:", error);
    return 500;
  }
  if (received.events.tag === "error") {
    return 400;
  }
  try {
    await onEvents(received.events.val);
    return 200;
  } catch (error) {
    console.error("the events of a webhook were not processed:", error);
    return 500;
  }
}

/** What this module uses of Fastify. */
interface Fastify {
  addContentTypeParser(type: string, options: { parseAs: "buffer"; bodyLimit: number }, parser: Parser): unknown;
  removeAllContentTypeParsers(): unknown;
  post(path: string, handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>): unknown;
}
type Parser = (request: unknown, body: Uint8Array, done: (error: Error | null, body: Uint8Array) => void) => void;
interface FastifyRequest {
  raw: IncomingMessage;
  body?: unknown;
}
interface FastifyReply {
  code(status: number): { send(): unknown };
}

/** Returns a plugin of Fastify that receives webhooks: `app.register(webhookPlugin(connection, "/webhook", …))`. */
export function webhookPlugin(
  connection: Connection,
  path: string,
  onEvents: EventHandler,
): (fastify: Fastify) => Promise<void> {
  return async (fastify) => {
    // In this plugin only: the bytes of every body, unparsed.
    fastify.removeAllContentTypeParsers();
    const options = { parseAs: "buffer", bodyLimit: connection.limits.input } as const;
    fastify.addContentTypeParser("*", options, (_, body, done) => done(null, body));
    fastify.post(path, async ({ raw, body }, reply) => {
      const bytes = body instanceof Uint8Array ? body : new Uint8Array();
      return reply.code(await receive(connection, webhookFrom(raw, bytes), onEvents)).send();
    });
  };
}

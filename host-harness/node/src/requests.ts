// The provider's HTTP requests: their check, before anything is sent.

import type { HttpError, Request } from "./contract.js";
import type { Limits } from "./limits.js";

/** A request with its URL. */
export interface CheckedRequest {
  method: string;
  url: string;
  headers: [string, string][];
  body: Uint8Array;
}

const MAX_PATH_BYTES = 8 << 10;
const MAX_HEADERS = 64;

/**
 * Headers that control the connection or identify its endpoints (RFC 9110, section 7.6.1, and the forbidden names of the
 * Fetch standard). The host sets the ones that a request needs.
 */
const RESERVED = new Set([
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
]);

/** A token (RFC 9110, section 5.6.2). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** A field value (RFC 9110, section 5.5), without the characters that have no encoding that all servers agree on. */
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;
/** Visible ASCII without the characters that parsers of URLs treat specially: `\` as a slash, `#` as the end. */
const PATH = /^\/(?!\/)[\x21-\x22\x24-\x5b\x5d-\x7e]*$/;

/** Checks a request. Returns why it is refused, if it is. */
export function check(
  request: Request,
  origins: ReadonlyMap<string, string>,
  limits: Limits,
): { request: CheckedRequest } | { refused: HttpError } {
  const origin = origins.get(request.origin);
  if (origin === undefined) {
    return { refused: { tag: "origin-not-allowed" } };
  }
  const invalid = (part: string) => ({ refused: { tag: "invalid-request", val: part } as const });
  if (request.path.length > MAX_PATH_BYTES || !PATH.test(request.path)) {
    return invalid("path");
  }
  const url = new URL(request.path, origin);
  if (url.origin !== new URL(origin).origin) {
    return invalid("path");
  }
  if (request.body.length > limits.httpRequest) {
    return invalid("body");
  }
  const fits = ([name, value]: [string, string]) =>
    HEADER_NAME.test(name) && !RESERVED.has(name.toLowerCase()) && HEADER_VALUE.test(value);
  if (request.headers.length > MAX_HEADERS || !request.headers.every(fits)) {
    return invalid("headers");
  }
  const { headers, body } = request;
  return { request: { method: request.method.toUpperCase(), url: url.href, headers, body } };
}

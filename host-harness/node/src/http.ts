// The HTTP transport of providers.

import { lookup as resolve, type LookupAddress } from "node:dns";
import { BlockList, isIPv6, type Socket } from "node:net";
import { Agent, buildConnector, errors, request } from "undici";
import type { HttpError, Response } from "./contract.js";
import type { CheckedRequest } from "./requests.js";

/** Sends requests that the host has checked: the origin is allowed, and no header controls the connection. */
export interface Transport {
  /** Sends a request and reads the whole response. Follows no redirect. */
  send(request: CheckedRequest): Promise<{ ok: Response } | { error: HttpError }>;
}

/** The limits of an HTTP exchange. Times are in milliseconds. */
export interface HttpClientLimits {
  /** Connecting, including TLS. 5 s. */
  connect: number;
  /** The time without a byte of the response. 15 s. */
  read: number;
  /** The whole exchange. 30 s. */
  total: number;
  /** The bytes of the response's body. 4 MiB. */
  response: number;
}

const DEFAULT_LIMITS: HttpClientLimits = { connect: 5_000, read: 15_000, total: 30_000, response: 4 << 20 };

/**
 * An HTTP client (undici). It follows no redirect, uses no proxy, verifies certificates, and connects to a host name
 * only at public addresses. An address that the operator configured is used as it is.
 */
export class HttpClient implements Transport {
  readonly #agent: Agent;
  readonly #limits: HttpClientLimits;

  constructor(limits: Partial<HttpClientLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    const { connect, read } = this.#limits;
    const connector = buildConnector({ lookup: lookupPublic, timeout: connect, rejectUnauthorized: true });
    this.#agent = new Agent({
      // Whatever fails before a connection is established, nothing was sent.
      connect: (options, done) => {
        connector(options, (...result) => {
          const [error, socket] = result;
          return error === null ? done(null, socket as Socket) : done(new Unreachable(error.message), null);
        });
      },
      headersTimeout: read,
      bodyTimeout: read,
    });
  }

  async send({ method, url, headers, body }: CheckedRequest): Promise<{ ok: Response } | { error: HttpError }> {
    const signal = AbortSignal.timeout(this.#limits.total);
    try {
      const hasAgent = headers.some(([name]) => name.toLowerCase() === "user-agent");
      const response = await request(url, {
        dispatcher: this.#agent,
        method: method as "GET",
        headers: [...(hasAgent ? [] : ["user-agent", "handover-host"]), ...headers.flat()],
        body: body.length > 0 ? body : null,
        signal,
        responseHeaders: "raw",
      });
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        size += chunk.length;
        if (size > this.#limits.response) {
          response.body.destroy();
          return { error: { tag: "response-too-large" } };
        }
        chunks.push(chunk);
      }
      const bytes = new Uint8Array(Buffer.concat(chunks));
      return { ok: { status: response.statusCode, headers: pairs(response.headers), body: bytes } };
    } catch (error) {
      return { error: { tag: classify(error, signal) } };
    }
  }

  /** Closes the connections. */
  close(): Promise<void> {
    return this.#agent.close();
  }
}

/** Returns the headers as pairs. With `responseHeaders: "raw"`, undici reports names and values in turns. */
function pairs(headers: unknown): [string, Uint8Array][] {
  const raw = headers as string[];
  const found: [string, Uint8Array][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    found.push([(raw[index] ?? "").toLowerCase(), new Uint8Array(Buffer.from(raw[index + 1] ?? "", "latin1"))]);
  }
  return found;
}

/** Name resolution, connection or TLS failed. */
class Unreachable extends Error {}

function classify(error: unknown, signal: AbortSignal): "unreachable" | "timed-out" | "interrupted" {
  if (error instanceof Unreachable) {
    return "unreachable";
  }
  if (signal.aborted || error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) {
    return "timed-out";
  }
  return "interrupted";
}

/**
 * Address blocks that are not public: the special-purpose registries of IANA (RFC 6890 and its successors), multicast and
 * reserved blocks.
 */
const SPECIAL_PURPOSE = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  ["::", 8], // unspecified, loopback, IPv4-compatible
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 23], // Teredo, ORCHID and other assignments of the IETF
  ["2001:db8::", 32],
  ["2002::", 16], // 6to4 carries any IPv4 address
  ["3fff::", 20],
  ["5f00::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
] as const) {
  // Two lists, because to a BlockList, every IPv4 address is in `::/8`.
  const family = isIPv6(network) ? "ipv6" : "ipv4";
  SPECIAL_PURPOSE[family].addSubnet(network, prefix, family);
}

/** Returns whether an address is reachable from the public internet: it is in no special-purpose block (RFC 6890). */
export function isPublic(address: string): boolean {
  // A block contains its addresses in every zone.
  const [withoutZone = ""] = address.split("%");
  const counted = embeddedIpv4(withoutZone) ?? withoutZone;
  const family = isIPv6(counted) ? "ipv6" : "ipv4";
  return !SPECIAL_PURPOSE[family].check(counted, family);
}

function isLoopback(address: string): boolean {
  return address === "::1" || /^127\./.test(address);
}

/** Returns the IPv4 address that an IPv6 address is mapped from, or that it has behind a translator (RFC 6052). */
function embeddedIpv4(address: string): string | undefined {
  if (!isIPv6(address)) {
    return undefined;
  }
  // The parser of URLs writes an address in its shortest form, with all groups hexadecimal (RFC 5952).
  const shortest = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const groups = /^(?:::ffff|64:ff9b:):(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,4})$/.exec(shortest);
  if (groups === null) {
    return undefined;
  }
  const number = parseInt(groups[1] ?? "0", 16) * 0x10000 + parseInt(groups[2] ?? "0", 16);
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) & 0xff).join(".");
}

/**
 * Resolves a name once and returns only its public addresses, so that the client connects to no others. `localhost` is
 * the exception: it names this machine (RFC 6761, section 6.3), so an operator who allows it intends that.
 */
function lookupPublic(
  name: string,
  options: { all?: boolean | undefined },
  done: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
): void {
  const isUsable = (address: string) => (name === "localhost" ? isLoopback(address) : isPublic(address));
  resolve(name, { ...options, all: true }, (error, addresses) => {
    const usable = error ? [] : addresses.filter(({ address }) => isUsable(address));
    const [first] = usable;
    if (first === undefined) {
      const missing = Object.assign(new Error("the name has no public address"), { code: "ENOTFOUND" });
      done(error ?? missing, options.all ? [] : "");
    } else if (options.all) {
      done(null, usable);
    } else {
      done(null, first.address, first.family);
    }
  });
}

// Verifies webhooks by the signature that a provider declares, without calling it.

import { createHmac, timingSafeEqual } from "node:crypto";
import type { Rejection, Setting, TextEncoding, Webhook, WebhookSignature } from "./contract.js";

/** The length of an HMAC-SHA-256 tag, in bytes (RFC 2104, RFC 6234). */
const TAG_BYTES = 32;
/**
 * An encoded tag that is longer is refused before it is decoded, because the sender controls its length (contract,
 * `webhook-signature`).
 */
const MAX_ENCODED_BYTES = 88;

/** A declared signature with its secrets, ready to verify webhooks. */
export class Verifier {
  readonly #signature: WebhookSignature;
  readonly #secrets: Buffer[];

  /** @throws {Error} The declaration is not valid. The message says why. */
  constructor(signature: WebhookSignature, settings: Setting[], isSecret: (setting: Setting) => boolean) {
    if (signature.encoding === "utf8") {
      throw new Error("a tag is bytes and has no encoding utf8");
    }
    this.#secrets = signature.secrets.map(({ setting: index, encoding }) => {
      const setting = settings[index];
      if (setting === undefined || !isSecret(setting)) {
        throw new Error(`the setting ${index} is not a secret`);
      }
      const secret = decode(setting.value, encoding);
      if (secret === undefined || secret.length === 0) {
        throw new Error(`the value of ${setting.key} is empty or not in its encoding`);
      }
      return secret;
    });
    if (this.#secrets.length === 0) {
      throw new Error("it has no secret");
    }
    this.#signature = signature;
  }

  /**
   * Verifies a webhook, and returns the index of the secret that signed it. Returns `undefined` if the webhook does not
   * have the header, so that only the provider can decide.
   */
  verify(webhook: Webhook): { signed: number } | { rejection: Rejection } | undefined {
    const { header, prefix, encoding } = this.#signature;
    const isSigned = ([name]: [string, Uint8Array]) => name.toLowerCase() === header.toLowerCase();
    const [value, ...others] = webhook.headers.filter(isSigned);
    if (value === undefined) {
      return undefined;
    }
    if (others.length > 0) {
      return { rejection: { tag: "multiple-signatures" } };
    }
    const tag = tagOf(Buffer.from(value[1]), prefix, encoding);
    if (!Buffer.isBuffer(tag)) {
      return { rejection: { tag } };
    }
    const isSignedWith = (secret: Buffer) =>
      timingSafeEqual(createHmac("sha256", secret).update(webhook.body).digest(), tag);
    const signed = this.#secrets.findIndex(isSignedWith);
    return signed < 0 ? { rejection: { tag: "signature-mismatch" } } : { signed };
  }
}

function tagOf(
  value: Buffer,
  prefix: string,
  encoding: TextEncoding,
): Buffer | "unsupported-algorithm" | "invalid-encoding" | "invalid-length" {
  const start = Buffer.from(prefix);
  if (!value.subarray(0, start.length).equals(start)) {
    return "unsupported-algorithm";
  }
  // One character for each byte, so that no byte becomes another.
  const encoded = value.subarray(start.length).toString("latin1");
  if (encoding === "base64" && /^[0-9a-fA-F]{64}$/.test(encoded)) {
    return "invalid-encoding";
  }
  if (encoded.length > MAX_ENCODED_BYTES) {
    return "invalid-length";
  }
  const tag = decode(encoded, encoding);
  if (tag === undefined) {
    return "invalid-encoding";
  }
  return tag.length === TAG_BYTES ? tag : "invalid-length";
}

/** Decodes a text. Returns `undefined` if it is not in this encoding. */
function decode(text: string, encoding: TextEncoding): Buffer | undefined {
  if (encoding === "utf8") {
    return Buffer.from(text);
  }
  const decoded = Buffer.from(text, encoding === "base64" ? "base64" : "hex");
  // Node ignores what is not in the encoding, so only a text that is encoded in the same way again is valid.
  const again = decoded.toString(encoding === "base64" ? "base64" : "hex");
  return again === (encoding === "base64" ? text : text.toLowerCase()) ? decoded : undefined;
}

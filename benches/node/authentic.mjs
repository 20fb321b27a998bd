// Verifies webhooks as existing connectors do: compares the HMAC over the raw body in constant time.
import { createHmac, timingSafeEqual } from "node:crypto";

const secret = process.env.SECRET;

export function isAuthentic(request) {
  const actual = Buffer.from(request.get("x-hub-signature-256") ?? "");
  const expected = Buffer.from(`sha256=${createHmac("sha256", secret).update(request.body).digest("base64")}`);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

// The client of the gateway's API.

let token = '';

export class GatewayError extends Error {
  constructor(status, message) {
    super(message || `the gateway returned ${status}`);
    this.status = status;
  }
}

/** Stores the token for this tab only. */
export function storeToken(value) {
  token = value;
  sessionStorage.setItem('token', value);
}

/** Returns whether the token has valid characters; `fetch` cannot send others (RFC 6750, section 2.1). */
export const isValidToken = () => /^[\x21-\x7e]+$/.test(token);

/** Loads the token from the address, which then no longer contains it, or from this tab's storage. */
export function loadToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) {
    history.replaceState(null, '', location.pathname);
    storeToken(given);
  }
  token = sessionStorage.getItem('token') ?? '';
  return token !== '';
}

const REQUEST_TIMEOUT_MS = 20000;
/** The gateway sends a keep-alive every 15 s. */
const STREAM_TIMEOUT_MS = 45000;

export async function call(method, path, body, headers = {}, timeoutMs = REQUEST_TIMEOUT_MS) {
  const raw = body instanceof Blob;
  const response = await fetch(path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined || raw ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined || raw ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  let parsed;
  try {
    parsed = text ? JSON.parse(text) : undefined;
  } catch {
    parsed = undefined;
  }
  // Such a response does not come from the gateway.
  if (response.ok && text && parsed === undefined) throw new GatewayError(undefined, 'the response is not JSON');
  if (!response.ok) throw new GatewayError(response.status, parsed?.detail ?? parsed?.error ?? parsed?.message);
  return parsed;
}

/**
 * Follows server-sent events without end, starting after the event with the id `last`. After an interruption it
 * continues after the last received event. EventSource cannot send a token, so the stream is parsed here (HTML Living
 * Standard, section 9.2.6).
 */
export async function followEvents(path, last, { onEvent, onConnect, onDisconnect }) {
  for (let delay = 250; ; delay = Math.min(delay * 2, 4000)) {
    const watchdog = startWatchdog(STREAM_TIMEOUT_MS);
    let unauthorized;
    try {
      const headers = { authorization: `Bearer ${token}`, ...(last === undefined ? {} : { 'last-event-id': last }) };
      const response = await fetch(path, { headers, signal: watchdog.signal });
      if (response.status === 409) last = undefined;
      unauthorized = response.status === 401 ? new GatewayError(401) : undefined;
      if (response.ok) {
        onConnect?.();
        delay = 250;
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        let rest = '';
        for (let chunk; !(chunk = await reader.read()).done; ) {
          watchdog.reset();
          const blocks = (rest + chunk.value).replaceAll('\r', '').split('\n\n');
          rest = blocks.pop();
          for (const block of blocks) {
            const fields = block.split('\n').map((line) => line.match(/^(\w+): ?(.*)$/s)).filter(Boolean);
            const data = fields.filter(([, name]) => name === 'data').map(([, , value]) => value);
            last = fields.findLast(([, name]) => name === 'id')?.[2] ?? last;
            if (data.length) reportErrors(() => onEvent(JSON.parse(data.join('\n')), last));
          }
        }
      }
    } catch {
      // The loop reconnects.
    } finally {
      watchdog.stop();
    }
    onDisconnect?.(unauthorized);
    await new Promise((resolve) => setTimeout(resolve, delay));
  }
}

/** Aborts its signal unless it is reset within the timeout. */
function startWatchdog(timeoutMs) {
  const controller = new AbortController();
  let timer;
  const stop = () => clearTimeout(timer);
  const reset = () => {
    stop();
    timer = setTimeout(() => controller.abort(), timeoutMs);
  };
  reset();
  return { signal: controller.signal, reset, stop };
}

/** Reports errors instead of throwing them, so that one faulty event does not prevent the next. */
function reportErrors(work) {
  try {
    work();
  } catch (error) {
    reportError(error);
  }
}

// The gateway's API.

let token = '';

export class Refused extends Error {
  constructor(status, told) {
    super(told || `the gateway answered ${status}`);
    this.status = status;
  }
}

/** The token is in the address once, and then in this tab alone. */
export function remember(given) {
  token = given;
  sessionStorage.setItem('token', given);
}

/** Whether it can be one: anything else cannot even be sent (RFC 6750, section 2.1). */
export const isToken = () => /^[\x21-\x7e]+$/.test(token);

export function remembered() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) {
    history.replaceState(null, '', location.pathname);
    remember(given);
  }
  token = sessionStorage.getItem('token') ?? '';
  return token !== '';
}

/** Milliseconds until a question counts as not heard, and a stream as broken, which says something every 15 s. */
const PATIENCE = 20000;
const SILENCE = 45000;

/** What takes long, such as a file, says how long it may take, in milliseconds. */
export async function call(method, path, body, headers = {}, patience = PATIENCE) {
  const raw = body instanceof Blob;
  const answer = await fetch(path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined || raw ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined || raw ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(patience),
  });
  const text = await answer.text();
  let read;
  try {
    read = text ? JSON.parse(text) : undefined;
  } catch {
    read = undefined;
  }
  // Whoever that was, it was not the gateway.
  if (answer.ok && text && read === undefined) throw new Refused(undefined, 'the answer is no JSON');
  if (!answer.ok) throw new Refused(answer.status, read?.detail ?? read?.error ?? read?.message);
  return read;
}

/**
 * Follows server-sent events for ever, from behind the one with the id `last` on: after an interruption it goes on behind
 * the last one seen. EventSource cannot send a token, so the stream is read here (HTML Living Standard, section 9.2.6).
 */
export async function follow(path, last, { event, up, down }) {
  for (let pause = 250; ; pause = Math.min(pause * 2, 4000)) {
    const silence = alarm(SILENCE);
    let refused;
    try {
      const headers = { authorization: `Bearer ${token}`, ...(last === undefined ? {} : { 'last-event-id': last }) };
      const answer = await fetch(path, { headers, signal: silence.signal });
      if (answer.status === 409) last = undefined;
      refused = answer.status === 401 ? new Refused(401) : undefined;
      if (answer.ok) {
        up?.();
        pause = 250;
        const lines = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        let rest = '';
        for (let part; !(part = await lines.read()).done; ) {
          silence.again();
          const blocks = (rest + part.value).replaceAll('\r', '').split('\n\n');
          rest = blocks.pop();
          for (const block of blocks) {
            const fields = block.split('\n').map((line) => line.match(/^(\w+): ?(.*)$/s)).filter(Boolean);
            const data = fields.filter(([, name]) => name === 'data').map(([, , value]) => value);
            last = fields.findLast(([, name]) => name === 'id')?.[2] ?? last;
            if (data.length) attempt(() => event(JSON.parse(data.join('\n')), last));
          }
        }
      }
    } catch {
      // It is tried again.
    } finally {
      silence.off();
    }
    down?.(refused);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** Gives up what it signals when it was not set again for so many milliseconds. */
function alarm(milliseconds) {
  const giveUp = new AbortController();
  let timer;
  const off = () => clearTimeout(timer);
  const again = () => {
    off();
    timer = setTimeout(() => giveUp.abort(), milliseconds);
  };
  again();
  return { signal: giveUp.signal, again, off };
}

/** What goes wrong with one event is told to whoever looks for it, and the next one is not missed. */
function attempt(work) {
  try {
    work();
  } catch (error) {
    reportError(error);
  }
}

// Creates elements. Text is inserted as text nodes and never parsed as HTML.

export const $ = (id) => document.getElementById(id);

export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => ![undefined, null, false].includes(child)));
  return element;
}

/** Returns an http or https URL that may be opened or displayed, or `undefined`. */
export function safeUrl(text) {
  try {
    const url = new URL(text, location.href);
    return ['http:', 'https:'].includes(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

export const formatTime = (time) => new Date(time).toLocaleTimeString([], { timeStyle: 'medium' });

/**
 * Returns a random id. `crypto.randomUUID` is not available on a page that was loaded over plain HTTP from another
 * machine.
 */
export const uniqueId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** Keeps a list scrolled to its end unless the reader has scrolled away from it. */
export function stickToEnd(list) {
  const tolerance = 40;
  let atEnd = true;
  const scroll = () => atEnd && (list.scrollTop = list.scrollHeight);
  list.addEventListener('scroll', () => (atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < tolerance));
  new MutationObserver(scroll).observe(list, { childList: true });
  new ResizeObserver(scroll).observe(list);
  // Images load later. Their load events do not bubble, so this listens in the capture phase.
  list.addEventListener('load', scroll, true);
}

// Makes elements. Text goes in as text: nothing that anybody says is ever read as HTML.

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

/** An address that may be opened or shown; anything but the web's own kinds is none. */
export function address(text) {
  try {
    const url = new URL(text, location.href);
    return ['http:', 'https:'].includes(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

export const clock = (time) => new Date(time).toLocaleTimeString([], { timeStyle: 'medium' });

/** An id that nobody else has; `crypto.randomUUID` is not there on a page that came by plain HTTP from another machine. */
export const unique = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** Keeps the end of what scrolls in sight, unless somebody has scrolled away from it. */
export function keepEnd(list) {
  const near = 40;
  let follows = true;
  const follow = () => follows && (list.scrollTop = list.scrollHeight);
  list.addEventListener('scroll', () => (follows = list.scrollHeight - list.scrollTop - list.clientHeight < near));
  new MutationObserver(follow).observe(list, { childList: true });
  new ResizeObserver(follow).observe(list);
  // Pictures come later, and that they have come does not bubble.
  list.addEventListener('load', follow, true);
}

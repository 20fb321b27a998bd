// A small scripted bot.

export const GREETING = 'Hello! I am the bot. I can help with parcels. You can ask for an agent at any time.';
export const NO_FILES = 'I cannot read files. Ask for an agent first.';

export const CALLBACK_REQUESTED = 'Thank you. An agent will call you.';

/** Returns what the bot says when no agent is there. `opensAt` is in milliseconds since 1970, or absent. */
export function closed(opensAt) {
  const when = opensAt && new Date(opensAt).toLocaleString([], { weekday: 'long', hour: '2-digit', minute: '2-digit' });
  const until = when ? ` They are back on ${when}.` : '';
  return `Our agents are not here now.${until} Write your telephone number, such as +4930123456, and they call you.`;
}

/** Returns the telephone number in a text, in international format, or undefined. */
export const phoneNumber = (text) => text.replace(/[\s()/-]/g, '').match(/^\+[1-9]\d{6,14}$/)?.[0];

export const asksForAgent = (text) => /\b(agent|person|human|somebody)\b/i.test(text);

export function reply(text) {
  if (/\b(parcel|order|where)\b/i.test(text)) return 'Sorry, I cannot find your parcel. Would you like to talk to an agent?';
  if (/\b(hello|hi|good (morning|evening))\b/i.test(text)) return 'Hello! What can I do for you?';
  return 'Sorry, I did not understand that. I can help with parcels or connect you to an agent.';
}

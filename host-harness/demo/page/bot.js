// A small scripted bot.

export const GREETING = 'Hello! I am the bot. I can help with parcels. You can ask for an agent at any time.';
export const NO_FILES = 'I cannot read files. Ask for an agent first.';

export const asksForAgent = (text) => /\b(agent|person|human|somebody)\b/i.test(text);

export function reply(text) {
  if (/\b(parcel|order|where)\b/i.test(text)) return 'Sorry, I cannot find your parcel. Would you like to talk to an agent?';
  if (/\b(hello|hi|good (morning|evening))\b/i.test(text)) return 'Hello! What can I do for you?';
  return 'Sorry, I did not understand that. I can help with parcels or connect you to an agent.';
}

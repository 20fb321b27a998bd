// A small scripted bot.

export const GREETING = 'Hello! I am the bot. I know about parcels. Ask for an agent whenever you like.';
export const NO_FILES = 'I cannot look at files. Ask for an agent first.';

/** Whether somebody wants to talk to a person. */
export const wantsAPerson = (text) => /\b(agent|person|human|somebody)\b/i.test(text);

export function answer(text) {
  if (/\b(parcel|order|where)\b/i.test(text)) return 'I am sorry, I cannot find your parcel. Shall I get an agent?';
  if (/\b(hello|hi|good (morning|evening))\b/i.test(text)) return 'Hello! What can I do for you?';
  return 'I did not understand that. I know about parcels, and I can get an agent.';
}

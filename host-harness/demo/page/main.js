// Signs in and shows the parts of the page that the gateway supports.

import { call, followEvents, isValidToken, loadToken, storeToken } from './api.js';
import { Channel } from './channel.js';
import { Chat } from './chat.js';
import { Desk } from './desk.js';
import { $, el } from './dom.js';
import { Settings } from './settings.js';
import { Trace } from './trace.js';

const RETRY_DELAY_MS = 1000;
/** The delay before the page reports that the chat is open in another tab. */
const LOCK_NOTICE_DELAY_MS = 300;

/** Retries until the gateway accepts or rejects the token. */
async function signIn() {
  $('sign-in').inert = true;
  while (isValidToken()) {
    try {
      const context = await call('GET', 'api/context');
      $('sign-in').hidden = true;
      $('link').textContent = '';
      start(context);
      return;
    } catch (error) {
      if (error.status === 401) break;
      $('link').textContent = 'The gateway is not responding. Retrying …';
      await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS));
    }
  }
  showSignIn('The gateway rejected this token.');
}

function showSignIn(error = '') {
  $('sign-in-error').textContent = error;
  $('sign-in').inert = false;
  $('sign-in').hidden = false;
  $('token').focus();
}

function start(context) {
  const names = context.connections.map((connection) => connection.name);
  const stored = localStorage.getItem('connection');
  const name = names.includes(stored) ? stored : names[0];
  $('connection').replaceChildren(...names.map((each) => el('option', { selected: each === name }, each)));
  $('connection-choice').hidden = names.length < 2;
  $('connection').onchange = () => {
    localStorage.setItem('connection', $('connection').value);
    location.reload();
  };

  // The other direction needs a local Genesys Cloud, which plays the channel and its flow.
  const [bots] = context.desk ? context.bots : [];
  const ownsChannel = bots && localStorage.getItem('direction') === 'contact-center';
  $('direction-choice').hidden = !bots;
  $('direction').value = ownsChannel ? 'contact-center' : 'platform';
  $('direction').onchange = () => {
    localStorage.setItem('direction', $('direction').value);
    location.reload();
  };

  const showLinkStatus = (text) => ($('link').textContent = text);
  acquireTabLock(`chat:${name}`).then(() => {
    const connection = context.connections.find((each) => each.name === name);
    $('chat').hidden = false;
    if (ownsChannel) new Channel(bots, connection);
    else startChat(connection);
    // Only the tab with the lock follows the trace: a browser opens at most six connections to a server, and each
    // stream occupies one.
    const trace = new Trace(names.length > 1 || ownsChannel);
    $('trace').hidden = false;
    followEvents('api/trace', undefined, { onEvent: (entry) => trace.add(entry) });
  });
  const startChat = ({ name, latest }) => {
    const chat = new Chat(name, latest);
    followEvents(`/v1/connections/${name}/events`, chat.session.position, {
      onEvent: (event, position) => chat.onEvent(event, position),
      onConnect: () => {
        showLinkStatus('');
        chat.onConnect();
      },
      onDisconnect: (error) => {
        showLinkStatus(error ? 'The gateway no longer accepts this token.' : 'No connection to the gateway. Reconnecting …');
        chat.onDisconnect();
      },
    });
  };
  if (context.desk) {
    $('desk').hidden = false;
    new Desk();
  }
  $('settings').hidden = false;
  new Settings(name);
}

/** Waits until no other tab has the chat open: two tabs would each send the user's messages. */
async function acquireTabLock(name) {
  // The lock manager is not available on a page that was loaded over plain HTTP from another machine.
  if (!navigator.locks) return;
  const notice = 'This chat is open in another tab. Close that tab to continue here.';
  const timer = setTimeout(() => ($('elsewhere').textContent = notice), LOCK_NOTICE_DELAY_MS);
  await new Promise((resolve) => {
    navigator.locks.request(name, () => {
      resolve();
      // Holds the lock until the tab is closed.
      return new Promise(() => {});
    });
  });
  clearTimeout(timer);
  $('elsewhere').textContent = '';
}

$('sign-in').onsubmit = (event) => {
  event.preventDefault();
  storeToken($('token').value.trim());
  signIn();
};
// Opening a new link in the same tab changes only the fragment.
window.onhashchange = () => {
  if (location.hash.startsWith('#token=')) location.reload();
};
if (loadToken()) signIn();
else showSignIn();

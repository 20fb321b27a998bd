// Who may enter, what is served, and which parts of the page that takes.

import { call, follow, isToken, remember, remembered } from './api.js';
import { Chat } from './chat.js';
import { Desk } from './desk.js';
import { $, el } from './dom.js';
import { Settings } from './settings.js';
import { Trace } from './trace.js';

const PAUSE = 1000;

/** Until the gateway says what is served, or that it does not know the token. */
async function enter() {
  $('enter').inert = true;
  while (isToken()) {
    try {
      const context = await call('GET', 'api/context');
      $('enter').hidden = true;
      $('link').textContent = '';
      open(context);
      return;
    } catch (error) {
      if (error.status === 401) break;
      $('link').textContent = 'The gateway does not answer; trying again …';
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
  ask('The gateway does not know this token.');
}

function ask(why = '') {
  $('refused').textContent = why;
  $('enter').inert = false;
  $('enter').hidden = false;
  $('token').focus();
}

function open(context) {
  const names = context.connections.map((connection) => connection.name);
  const kept = localStorage.getItem('connection');
  const name = names.includes(kept) ? kept : names[0];
  $('connection').replaceChildren(...names.map((each) => el('option', { selected: each === name }, each)));
  $('connection-choice').hidden = names.length < 2;
  $('connection').onchange = () => {
    localStorage.setItem('connection', $('connection').value);
    location.reload();
  };

  const told = (text) => ($('link').textContent = text);
  alone(`chat:${name}`).then(() => {
    const chat = new Chat(name, context.connections.find((each) => each.name === name).latest);
    $('chat').hidden = false;
    follow(`/v1/connections/${name}/events`, chat.kept.seen, {
      event: (event, place) => chat.happened(event, place),
      up: () => {
        told('');
        chat.connected();
      },
      down: (error) => {
        told(error ? 'The gateway does not let this page in any more.' : 'No connection to the gateway; trying again …');
        chat.disconnected();
      },
    });
    // Here, too, for a browser has six connections to a server, and not one page more than is needed should hold two.
    const trace = new Trace(names.length > 1);
    $('trace').hidden = false;
    follow('api/trace', undefined, { event: (entry) => trace.passed(entry) });
  });
  if (context.desk) {
    $('desk').hidden = false;
    new Desk();
  }
  $('settings').hidden = false;
  new Settings(name);
}

/** Two pages of one user would each send what the user said: the second waits until the first is closed. */
async function alone(name) {
  // Pages that come by plain HTTP from another machine have no locks.
  if (!navigator.locks) return;
  const told = 'This chat is open in another tab. It goes on here when that one is closed.';
  const slow = setTimeout(() => ($('elsewhere').textContent = told), 300);
  await new Promise((resolve) => {
    navigator.locks.request(name, () => {
      resolve();
      return new Promise(() => {});
    });
  });
  clearTimeout(slow);
  $('elsewhere').textContent = '';
}

$('enter').onsubmit = (event) => {
  event.preventDefault();
  remember($('token').value.trim());
  enter();
};
// A new link in the same tab changes what stands behind the # alone.
window.onhashchange = () => {
  if (location.hash.startsWith('#token=')) location.reload();
};
if (remembered()) enter();
else ask();

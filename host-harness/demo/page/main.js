// Who may enter, what is served, and which parts of the page that takes.

import { call, follow, remember, remembered } from './api.js';
import { Chat } from './chat.js';
import { Desk } from './desk.js';
import { $, el } from './dom.js';
import { Settings } from './settings.js';
import { Wire } from './wire.js';

async function enter() {
  let stage;
  try {
    stage = await call('GET', 'api/stage');
  } catch (error) {
    $('enter').hidden = false;
    $('refused').textContent = error.status === 401 ? 'The gateway does not know this token.' : 'The gateway does not answer.';
    $('token').focus();
    return;
  }
  $('enter').hidden = true;
  open(stage);
}

function open(stage) {
  const names = stage.connections.map((connection) => connection.name);
  const kept = localStorage.getItem('connection');
  const name = names.includes(kept) ? kept : names[0];
  $('connection').replaceChildren(...names.map((each) => el('option', { selected: each === name }, each)));
  $('connection-choice').hidden = names.length < 2;
  $('connection').onchange = () => {
    localStorage.setItem('connection', $('connection').value);
    location.reload();
  };

  const link = {
    up: () => ($('link').textContent = ''),
    down: (error) => {
      $('link').textContent = error ? 'The gateway does not let this page in any more.' : 'No connection to the gateway; trying again …';
    },
  };
  alone(`chat:${name}`).then(() => {
    const chat = new Chat(name, stage.connections.find((each) => each.name === name).latest);
    $('chat').hidden = false;
    follow(`/v1/connections/${name}/events`, chat.kept.seen, { event: (event, place) => chat.happened(event, place), ...link });
  });
  if (stage.desk) {
    $('desk').hidden = false;
    new Desk();
  }
  const wire = new Wire();
  $('wire').hidden = false;
  follow('api/wire', undefined, { event: (entry) => wire.passed(entry) });
  $('settings').hidden = false;
  new Settings(name);
}

/** Two pages of one user would each send what the user said: the second waits until the first is closed. */
async function alone(name) {
  // Pages that come by plain HTTP from another machine have no locks.
  if (!navigator.locks) return;
  const slow = setTimeout(() => ($('elsewhere').hidden = false), 300);
  await new Promise((resolve) => {
    navigator.locks.request(name, () => {
      resolve();
      return new Promise(() => {});
    });
  });
  clearTimeout(slow);
  $('elsewhere').hidden = true;
}

$('enter').onsubmit = (event) => {
  event.preventDefault();
  remember($('token').value.trim());
  enter();
};
if (remembered()) enter();
else {
  $('enter').hidden = false;
  $('token').focus();
}

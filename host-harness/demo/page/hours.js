// Closes and opens the local contact center.

import { call } from './api.js';
import { $ } from './dom.js';

/** The name of the schedule in which the demo is closed. */
const CLOSED = 'Closed today';

export class Hours {
  constructor() {
    $('closed').onchange = () => this.change();
    this.load();
  }

  async load() {
    try {
      const { scheduleGroups } = await call('GET', 'api/desk/schedule-groups');
      this.group = scheduleGroups[0];
      // Without opening hours, there is nothing to close.
      if (!this.group) return;
      $('closed').checked = this.group.closedSchedules.length > 0;
      $('hours').hidden = false;
    } catch {
      // The header of the page reports that the gateway is not available.
    }
  }

  async change() {
    const closed = $('closed').checked;
    try {
      await call('POST', `api/desk/schedule-groups/${this.group.id}`, { closed: closed ? [CLOSED] : [] });
    } catch {
      $('closed').checked = !closed;
    }
  }
}

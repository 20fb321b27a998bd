// The form of a connection, drawn from `describe` alone, so that every provider has one.

import { call } from './api.js';
import { $, el } from './dom.js';

/** Milliseconds: the doctor asks the contact center many things. */
const PATIENCE = 120000;
const PAUSE = 2000;

export class Settings {
  constructor(connection) {
    this.path = `api/connections/${connection}/form`;
    this.draw();
  }

  async draw() {
    const { description, settings, secrets } = await this.form();
    $('form-problem').textContent = '';
    this.fields = description.settings;
    $('settings-title').textContent = `The form of ${description.title}`;
    $('form').replaceChildren(...this.fields.map((field) => this.field(field, secrets.includes(field.key))));
    for (const field of this.fields) {
      const served = settings.filter((setting) => setting.key === field.key).map((setting) => setting.value);
      if (served.length) $(`setting-${field.key}`).value = served.join('\n');
    }
    $('doctor').onclick = () => this.doctor();
    $('form').onsubmit = (event) => event.preventDefault();
    $('form').oninput = () => {
      clearTimeout(this.soon);
      this.soon = setTimeout(() => this.check(), 250);
    };
  }

  /** Asked for until the gateway has it. */
  async form() {
    for (;;) {
      try {
        return await call('GET', this.path);
      } catch (error) {
        $('form-problem').textContent = `The form cannot be shown yet: ${error.message}`;
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
  }

  field(field, kept) {
    const id = `setting-${field.key}`;
    const [kind, bounds] = typeof field.kind === 'string' ? [field.kind] : Object.entries(field.kind)[0];
    const common = { id, name: field.key, 'aria-describedby': `${id}-help ${id}-problem`, autocomplete: 'off' };
    const plain = { ...common, placeholder: kind === 'secret' ? kept && 'as it is served' : field.default ?? field.example, 'aria-required': field.required && 'true' };
    const input = {
      text: () => (field.repeatable ? el('textarea', { ...plain, rows: 2 }) : el('input', plain)),
      // A second one for while a secret is replaced by another.
      secret: () => [el('input', { ...plain, type: 'password' }), field.repeatable && el('input', { ...plain, id: `${id}-2`, type: 'password', 'aria-label': `${field.label}, a second one` })],
      integer: () => el('input', { ...plain, type: 'number', min: bounds.minimum, max: bounds.maximum, step: 1 }),
      boolean: () => el('select', common, ['', 'true', 'false'].map((word) => el('option', { value: word }, word || `(${field.default ?? 'not said'})`))),
      choice: () => el('select', common, ['', ...bounds].map((word) => el('option', { value: word }, word || `(${field.default ?? 'not said'})`))),
    }[kind]();
    return el(
      'div',
      { class: 'field' },
      el('label', { for: id }, field.label, field.required ? ' (required)' : ''),
      input,
      el('p', { id: `${id}-help`, class: 'help' }, field.help, field.repeatable && kind !== 'secret' ? ' One a line.' : ''),
      el('p', { id: `${id}-problem`, class: 'problem', role: 'status' }),
    );
  }

  entered() {
    return [...$('form').elements].flatMap(({ name, value }) => {
      const repeatable = this.fields.find((field) => field.key === name)?.repeatable;
      const values = repeatable ? value.split('\n') : [value];
      return values.filter((one) => one.trim()).map((one) => ({ key: name, value: one }));
    });
  }

  async check() {
    const asked = (this.asked = {});
    let problems;
    try {
      problems = await call('POST', `${this.path}/problems`, this.entered());
    } catch (error) {
      problems = [{ message: error.message, remedy: '' }];
    }
    // Of several answers on their way, the one to what was entered last counts.
    if (asked !== this.asked) return;
    const say = (of) => problems.filter(of).map((problem) => `${problem.message} ${problem.remedy}`).join(' ');
    for (const { key } of this.fields) {
      $(`setting-${key}-problem`).textContent = say((problem) => problem.key === key);
      const wrong = problems.some((problem) => problem.key === key && problem.severity === 'error');
      $(`setting-${key}`).setAttribute('aria-invalid', String(wrong));
    }
    $('form-problem').textContent = say((problem) => !this.fields.some((field) => field.key === problem.key));
  }

  async doctor() {
    // Not disabled, for then whoever has no mouse would have to find it again.
    if ($('doctor').ariaBusy === 'true') return;
    $('doctor').ariaBusy = 'true';
    $('checks').replaceChildren(el('li', {}, 'Trying …'));
    try {
      const checks = await call('POST', `${this.path}/checks`, this.entered(), {}, PATIENCE);
      $('checks').replaceChildren(...checks.map((check) => this.told(check)));
    } catch (error) {
      $('checks').replaceChildren(el('li', { class: 'error' }, error.message));
    }
    $('doctor').ariaBusy = 'false';
  }

  told({ outcome, name, message, remedy }) {
    return el('li', { class: outcome }, el('strong', {}, `${outcome} ${name}: `), message, remedy && el('p', { class: 'remedy' }, remedy));
  }
}

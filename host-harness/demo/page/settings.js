// The form of a connection, drawn from `describe` alone, so that every provider has one.

import { call } from './api.js';
import { $, el } from './dom.js';

export class Settings {
  constructor(connection) {
    this.path = `api/connections/${connection}/form`;
    $('doctor').onclick = () => this.doctor();
    this.draw();
  }

  async draw() {
    const { description, settings, secrets } = await call('GET', this.path);
    this.fields = description.settings;
    $('settings-title').textContent = `The form of ${description.title}`;
    $('form').replaceChildren(...this.fields.map((field) => this.field(field, secrets.includes(field.key))));
    for (const field of this.fields) {
      const served = settings.filter((setting) => setting.key === field.key).map((setting) => setting.value);
      if (served.length) $(`setting-${field.key}`).value = served.join('\n');
    }
    $('form').onsubmit = (event) => event.preventDefault();
    $('form').oninput = () => {
      clearTimeout(this.soon);
      this.soon = setTimeout(() => this.check(), 250);
    };
  }

  field(field, kept) {
    const id = `setting-${field.key}`;
    const [kind, bounds] = typeof field.kind === 'string' ? [field.kind] : Object.entries(field.kind)[0];
    const common = { id, name: field.key, 'aria-describedby': `${id}-help ${id}-problem`, autocomplete: 'off' };
    const plain = { ...common, placeholder: kind === 'secret' ? kept && 'as it is served' : field.default ?? field.example, 'aria-required': field.required && 'true' };
    const input = {
      text: () => (field.repeats ? el('textarea', { ...plain, rows: 2 }) : el('input', plain)),
      secret: () => el('input', { ...plain, type: 'password' }),
      number: () => el('input', { ...plain, type: 'number', min: bounds.least, max: bounds.most, step: 1 }),
      switch: () => el('select', common, ['', 'true', 'false'].map((word) => el('option', { value: word }, word || `(${field.default ?? 'not said'})`))),
      choice: () => el('select', common, ['', ...bounds].map((word) => el('option', { value: word }, word || `(${field.default ?? 'not said'})`))),
    }[kind]();
    return el(
      'div',
      { class: 'field' },
      el('label', { for: id }, field.label, field.required ? ' (required)' : ''),
      input,
      el('p', { id: `${id}-help`, class: 'help' }, field.help, field.repeats ? ' One a line.' : ''),
      el('p', { id: `${id}-problem`, class: 'problem', role: 'status' }),
    );
  }

  entered() {
    return this.fields.flatMap((field) => {
      const value = $(`setting-${field.key}`).value;
      const values = field.repeats ? value.split('\n') : [value];
      return values.filter((one) => one.trim()).map((one) => ({ key: field.key, value: one }));
    });
  }

  async check() {
    let problems;
    try {
      problems = await call('POST', `${this.path}/problems`, this.entered());
    } catch (error) {
      problems = [{ key: this.fields[0].key, message: error.message, remedy: '' }];
    }
    for (const field of this.fields) {
      const own = problems.filter((problem) => problem.key === field.key);
      $(`setting-${field.key}-problem`).textContent = own.map((problem) => `${problem.message} ${problem.remedy}`).join(' ');
      $(`setting-${field.key}`).setAttribute('aria-invalid', String(own.some((problem) => problem.severity === 'error')));
    }
  }

  async doctor() {
    $('doctor').disabled = true;
    $('checks').replaceChildren(el('li', {}, 'Trying …'));
    try {
      const checks = await call('POST', `${this.path}/checks`, this.entered());
      $('checks').replaceChildren(...checks.map((check) => this.told(check)));
    } catch (error) {
      $('checks').replaceChildren(el('li', { class: 'failed' }, error.message));
    }
    $('doctor').disabled = false;
  }

  told({ outcome, name, message, remedy }) {
    return el('li', { class: outcome }, el('strong', {}, `${outcome} ${name}: `), message, remedy && el('p', { class: 'remedy' }, remedy));
  }
}

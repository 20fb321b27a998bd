// The form of a connection, drawn from `describe` alone, so that every provider has one.

import { call } from './api.js';
import { $, el } from './dom.js';

export class Settings {
  constructor(connection) {
    this.path = `api/connections/${connection}`;
    $('doctor').onclick = () => this.doctor(connection);
    this.draw();
  }

  async draw() {
    const description = await call('GET', `${this.path}/provider`);
    this.fields = description.settings;
    $('settings-title').textContent = `The form of ${description.title}`;
    $('form').replaceChildren(...this.fields.map((field) => this.field(field)));
    $('form').onsubmit = (event) => event.preventDefault();
    $('form').oninput = () => {
      clearTimeout(this.soon);
      this.soon = setTimeout(() => this.check(), 250);
    };
  }

  field(field) {
    const id = `setting-${field.key}`;
    const [kind, bounds] = typeof field.kind === 'string' ? [field.kind] : Object.entries(field.kind)[0];
    const common = { id, name: field.key, 'aria-describedby': `${id}-help ${id}-problem`, autocomplete: 'off' };
    const plain = { ...common, placeholder: kind === 'secret' ? '' : field.default ?? field.example, 'aria-required': field.required && 'true' };
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
      problems = await call('POST', `${this.path}/settings`, this.entered());
    } catch (error) {
      problems = [{ key: this.fields[0].key, message: error.message, remedy: '' }];
    }
    for (const field of this.fields) {
      const own = problems.filter((problem) => problem.key === field.key);
      $(`setting-${field.key}-problem`).textContent = own.map((problem) => `${problem.message} ${problem.remedy}`).join(' ');
      $(`setting-${field.key}`).setAttribute('aria-invalid', String(own.some((problem) => problem.severity === 'error')));
    }
  }

  async doctor(connection) {
    $('doctor').disabled = true;
    $('checks').replaceChildren(el('li', {}, 'Trying …'));
    try {
      const checks = await call('POST', `/v1/connections/${connection}/check`);
      $('checks').replaceChildren(
        ...checks.map((check) => el('li', { class: check.outcome }, el('strong', {}, `${check.outcome} ${check.name}: `), check.message, check.outcome === 'failed' && check.remedy ? ` ${check.remedy}` : '')),
      );
    } catch (error) {
      $('checks').replaceChildren(el('li', {}, error.message));
    }
    $('doctor').disabled = false;
  }
}

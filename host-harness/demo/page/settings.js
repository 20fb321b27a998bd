// The settings form of a connection. It is built only from the provider's description, so it works for every provider.

import { call } from './api.js';
import { $, el } from './dom.js';

/** The checks send many requests to the contact center. */
const CHECKS_TIMEOUT_MS = 120000;
const RETRY_DELAY_MS = 2000;
const VALIDATION_DELAY_MS = 250;

export class Settings {
  constructor(connection) {
    this.path = `api/connections/${connection}/form`;
    this.render();
  }

  async render() {
    const { description, settings, secrets } = await this.load();
    $('form-problem').textContent = '';
    this.fields = description.settings;
    $('settings-title').textContent = `Connection settings: ${description.title}`;
    $('form').replaceChildren(...this.fields.map((field) => this.field(field, secrets.includes(field.key))));
    for (const field of this.fields) {
      const values = settings.filter((setting) => setting.key === field.key).map((setting) => setting.value);
      if (values.length) $(`setting-${field.key}`).value = values.join('\n');
    }
    $('doctor').onclick = () => this.runChecks();
    $('form').onsubmit = (event) => event.preventDefault();
    $('form').oninput = () => {
      clearTimeout(this.validationTimer);
      this.validationTimer = setTimeout(() => this.validate(), VALIDATION_DELAY_MS);
    };
  }

  /** Loads the form, and retries until the gateway returns it. */
  async load() {
    for (;;) {
      try {
        return await call('GET', this.path);
      } catch (error) {
        $('form-problem').textContent = `The settings could not be loaded: ${error.message}`;
        await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS));
      }
    }
  }

  field(field, isStored) {
    const id = `setting-${field.key}`;
    const [kind, bounds] = typeof field.kind === 'string' ? [field.kind] : Object.entries(field.kind)[0];
    const common = { id, name: field.key, 'aria-describedby': `${id}-help ${id}-problem`, autocomplete: 'off' };
    const typed = { ...common, placeholder: kind === 'secret' ? isStored && 'Leave empty to keep' : field['default-value'] ?? field.example, 'aria-required': field.required && 'true' };
    const select = (values) => el('select', common, ['', ...values].map((value) => el('option', { value }, value || `(${field['default-value'] ?? 'not set'})`)));
    const input = {
      text: () => (field.repeatable ? el('textarea', { ...typed, rows: 2 }) : el('input', typed)),
      // A repeatable secret has a second input, for rotation.
      secret: () => [el('input', { ...typed, type: 'password' }), field.repeatable && el('input', { ...typed, id: `${id}-2`, type: 'password', 'aria-label': `${field.label}, second value` })],
      integer: () => el('input', { ...typed, type: 'number', min: bounds.minimum, max: bounds.maximum, step: 1 }),
      boolean: () => select(['true', 'false']),
      choice: () => select(bounds),
    }[kind]();
    return el(
      'div',
      { class: 'field' },
      el('label', { for: id }, field.label, field.required ? ' (required)' : ''),
      input,
      el('p', { id: `${id}-help`, class: 'help' }, field.help, field.repeatable && kind !== 'secret' ? ' One per line.' : ''),
      el('p', { id: `${id}-problem`, class: 'problem', role: 'status' }),
    );
  }

  values() {
    return [...$('form').elements].flatMap(({ name, value }) => {
      const repeatable = this.fields.find((field) => field.key === name)?.repeatable;
      const values = repeatable ? value.split('\n') : [value];
      return values.filter((each) => each.trim()).map((each) => ({ key: name, value: each }));
    });
  }

  async validate() {
    const request = (this.latestRequest = {});
    let problems;
    try {
      problems = await call('POST', `${this.path}/problems`, this.values());
    } catch (error) {
      problems = [{ message: error.message, remedy: '' }];
    }
    // Only the response to the latest request is shown.
    if (request !== this.latestRequest) return;
    const text = (matches) => problems.filter(matches).map((problem) => `${problem.message} ${problem.remedy}`).join(' ');
    for (const { key } of this.fields) {
      $(`setting-${key}-problem`).textContent = text((problem) => problem.key === key);
      const invalid = problems.some((problem) => problem.key === key && problem.severity === 'error');
      $(`setting-${key}`).setAttribute('aria-invalid', String(invalid));
    }
    $('form-problem').textContent = text((problem) => !this.fields.some((field) => field.key === problem.key));
  }

  async runChecks() {
    // The button is not disabled, because a disabled button loses the keyboard focus.
    if ($('doctor').ariaBusy === 'true') return;
    $('doctor').ariaBusy = 'true';
    $('checks').replaceChildren(el('li', {}, 'Checking …'));
    try {
      const checks = await call('POST', `${this.path}/checks`, this.values(), {}, CHECKS_TIMEOUT_MS);
      $('checks').replaceChildren(...checks.map((check) => this.check(check)));
    } catch (error) {
      $('checks').replaceChildren(el('li', { class: 'error' }, error.message));
    }
    $('doctor').ariaBusy = 'false';
  }

  check({ outcome, name, message, remedy }) {
    return el('li', { class: outcome }, el('strong', {}, `${outcome} ${name}: `), message, remedy && el('p', { class: 'remedy' }, remedy));
  }
}

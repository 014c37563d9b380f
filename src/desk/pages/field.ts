/** Fields of forms: each has a label, and what is wrong with it beside it. */
import { type Html, html, type Piece } from './html.ts';

export interface FieldText {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly value?: string;
  readonly isRequired?: boolean;
  readonly autocomplete?: string;
}

function frame({ name, label, hint, isRequired = false }: FieldText, id: string, control: Piece): Html {
  return html`<div class="field">
    <label for="${id}">${label}${!isRequired && html` <span>(optional)</span>`}</label>
    ${hint !== undefined && html`<p class="hint" id="${id}-hint">${hint}</p>`}${control}
    <p class="found" id="${id}-found" data-for="${name}" aria-live="polite"></p>
  </div>`;
}

function attributes({ name, hint, isRequired = false, autocomplete }: FieldText, id: string): Html {
  const described = hint !== undefined && html` aria-describedby="${id}-hint"`;
  const completed = autocomplete !== undefined && html` autocomplete="${autocomplete}"`;
  return html`id="${id}" name="${name}"${isRequired && html` required`}${described}${completed}`;
}

export function textField(
  field: FieldText,
  type: 'text' | 'email' | 'tel' | 'date' | 'password' | 'number' = 'text',
): Html {
  const id = `f-${field.name}`;
  const most = type === 'text' || type === 'email' || type === 'tel' || type === 'password';
  return frame(
    field,
    id,
    html`<input
      type="${type}"
      ${attributes(field, id)}
      value="${field.value ?? ''}"
      ${most && html` maxlength="256"`}
    />`,
  );
}

/** `id`: of its own where a page has several forms. */
export function textArea(field: FieldText, rows = 3, id = `f-${field.name}`): Html {
  return frame(
    field,
    id,
    html`<textarea ${attributes(field, id)} rows="${rows}" maxlength="8000">${field.value ?? ''}</textarea>`,
  );
}

export interface Choice {
  readonly value: string;
  readonly title: string;
}

export function choiceField(field: FieldText, choices: readonly Choice[], id = `f-${field.name}`): Html {
  const options = choices.map(
    ({ value, title }) =>
      html`<option value="${value}" ${value === (field.value ?? '') && html` selected`}>${title}</option>`,
  );
  return frame(
    field,
    id,
    html`<select ${attributes(field, id)}>
      <option value="">Choose…</option>
      ${options}
    </select>`,
  );
}

/** Boxes of which any number is ticked. */
export function boxes(legend: string, name: string, choices: readonly Choice[], ticked: readonly string[]): Html {
  return html`<fieldset class="boxes">
    <legend>${legend}</legend>
    ${choices.map(
      ({ value, title }) =>
        html`<label
          ><input type="checkbox" name="${name}" value="${value}" ${ticked.includes(value) && html` checked`} />
          ${title}</label
        > `,
    )}
  </fieldset>`;
}

export function fileField(field: FieldText): Html {
  const id = `f-${field.name}`;
  return frame(field, id, html`<input type="file" ${attributes(field, id)} accept=".pdf,.png,.jpg,.jpeg" />`);
}

export function hidden(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}" />`;
}

/**
 * HTML as a type of its own: text that is put into a template is escaped, and only another piece of HTML is taken as it
 * is.
 */

/** What a template takes. Numbers are not among it: they are formatted first (figure-text). */
export type Part = Html | string | null | readonly Part[];

export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((text, at) => text + (at < parts.length ? textOf(parts[at]!) : '')).join(''));
}

export const NOTHING = new Html('');

/** Characters of a name at most: a hostile one may have megabytes. */
const NAME_LIMIT = 200;

/**
 * A name from outside: a file, a rule, a holder. Its direction of writing is its own, so that it cannot turn the text
 * around it.
 */
export function name(text: string): Html {
  const shown = text.length > NAME_LIMIT ? `${text.slice(0, NAME_LIMIT)}…` : text;
  return html`<bdi>${shown === '' ? '(empty)' : shown}</bdi>`;
}

function textOf(part: Part): string {
  if (part === null) return '';
  if (part instanceof Html) return part.text;
  return typeof part === 'string' ? escaped(part) : part.map(textOf).join('');
}

/**
 * Control characters, marks that turn the direction of text, invisible separators, noncharacters and halves of
 * surrogate pairs. They are shown by their number.
 */
const UNSEEN = new RegExp(
  [
    '[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200e\\u200f]',
    '[\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\uffff]',
    '[\\ud800-\\udbff](?![\\udc00-\\udfff])',
    '(?<![\\ud800-\\udbff])[\\udc00-\\udfff]',
  ].join('|'),
  'g',
);
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escaped(text: string): string {
  return text
    .replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** Pages as text: a template in which every value is escaped, unless it is a piece of a page itself. */

export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Nothing is written for null, undefined and false. */
export type Piece = Html | string | number | null | undefined | false | readonly Piece[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** The text for a place between elements or in quoted attributes. */
export function escaped(text: string): string {
  // Characters that XML forbids, and those that turn the direction of a text around, are shown as what they are not.
  // eslint-disable-next-line no-control-regex -- which are what is replaced
  const shown = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
  return shown.replace(/[&<>"']/g, (character) => ESCAPES[character]!);
}

export function html(texts: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(texts.reduce((sum, text, at) => sum + textOf(pieces[at - 1]) + text));
}

function textOf(piece: Piece): string {
  if (piece === null || piece === undefined || piece === false) return '';
  if (piece instanceof Html) return piece.text;
  if (typeof piece === 'object') return piece.map(textOf).join('');
  return escaped(String(piece));
}

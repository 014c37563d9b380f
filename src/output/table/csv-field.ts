/** A field of CSV (RFC 4180): quoted where it must be. Null is an empty field, an empty text is a pair of quotes. */
const NEEDS_QUOTES = /[",\r\n]|^$/;

export function csvField(value: unknown): string {
  if (value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

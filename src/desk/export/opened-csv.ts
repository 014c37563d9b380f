/** CSV that people open in a spreadsheet, which must not take any of it for a formula. */

/** What a spreadsheet takes for the beginning of a formula, also after spaces. */
const FORMULA = /^\s*[=+\-@\t\r]/;

/** A line in quotes. A cell that a spreadsheet would calculate begins with an apostrophe, which makes it a text. */
export function openedCsvLine(cells: readonly string[]): string {
  const line = cells.map((cell) => `"${(FORMULA.test(cell) ? `'${cell}` : cell).replaceAll('"', '""')}"`);
  return `${line.join(',')}\r\n`;
}

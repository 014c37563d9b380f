/** Recognises values that a spreadsheet wrote in place of the typed text. */

/** The message for such a value; null for any other text. */
export function spreadsheetDamage(text: string): string | null {
  if (/^#{2,}$/.test(text))
    return '##### is what a spreadsheet shows in a narrow column: make it wider and export again';
  if (/^#(REF|N\/A|VALUE|NAME|DIV\/0|NULL|NUM|SPILL)[!?]?$/i.test(text))
    return `${text} is an error value of a spreadsheet: correct the formula and export again`;
  if (/^[+-]?\d+([.,]\d+)?E[+-]?\d+$/i.test(text))
    return 'a spreadsheet has made a number of this: format the column as text, type the values again and export again';
  return null;
}

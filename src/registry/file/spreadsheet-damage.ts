/** Values that a spreadsheet has put in the place of what was typed. */

/** A sentence on what happened and what to do; null for any other text. */
export function spreadsheetDamage(text: string): string | null {
  if (/^#{2,}$/.test(text))
    return '##### is what a spreadsheet shows in a narrow column: make it wider and export again';
  if (/^#(REF|N\/A|VALUE|NAME|DIV\/0|NULL|NUM|SPILL)[!?]?$/i.test(text))
    return `${text} is an error value of a spreadsheet: mend the formula and export again`;
  if (/^[+-]?\d+([.,]\d+)?E[+-]?\d+$/i.test(text))
    return 'a spreadsheet has made a number of this: format the column as text, type the values again and export again';
  return null;
}

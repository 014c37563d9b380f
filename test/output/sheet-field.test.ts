/** Fields of CSV for spreadsheets. */
import { describe, expect, it } from 'vitest';
import { sheetField } from '../../src/output/table/sheet-field.ts';

describe('a field for a spreadsheet', () => {
  it.each([
    ['=SUM(A1)', "'=SUM(A1)"],
    ['+49 30 1234', "'+49 30 1234"],
    ['-2', "'-2"],
    ['@here', "'@here"],
    ['=A1,"x"', `"'=A1,""x"""`],
    ['plain', 'plain'],
    ['a=b', 'a=b'],
  ])('%s is written as %s', (text, field) => {
    expect(sheetField(text)).toBe(field);
  });

  it('that is a number, or missing, is written as it is', () => {
    expect([sheetField(-2), sheetField(null)]).toEqual(['-2', '']);
  });
});

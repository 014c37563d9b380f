import { describe, expect, it } from 'vitest';
import { parseDate, parseInstant } from '../../src/core/iso-time.ts';
import { adviseOnDate } from '../../src/registry/file/date-advice.ts';

describe('advice on a text that is not an ISO 8601 date', () => {
  it.each([
    ['31/12/2024', 'write 2024-12-31'],
    ['12/31/2024', 'write 2024-12-31'],
    ['31.12.2024', 'write 2024-12-31'],
    ['31.12.2024.', 'write 2024-12-31'],
    ['31-12-24', 'write 2024-12-31'],
    ['2024/12/31', 'write 2024-12-31'],
    ['2024-1-5', 'write 2024-01-05'],
    ['20241231', 'write 2024-12-31'],
    ['05/05/2024', 'write 2024-05-05'],
    ['03/04/2024', 'write 2024-04-03 for 3 April or 2024-03-04 for 4 March'],
    ['31 Dec 2024', 'write 2024-12-31'],
    ['31st December 2024', 'write 2024-12-31'],
    ['Dec 31, 2024', 'write 2024-12-31'],
    ['31-Dec-24', 'write 2024-12-31'],
    [' 2024-12-31', 'write 2024-12-31, without spaces or quotes'],
    ["'2024-12-31", 'write 2024-12-31, without spaces or quotes'],
    ['2024-12-31\u00a0', 'write 2024-12-31, without spaces or quotes'],
    ['2024-02-30', '2024-02 has 29 days'],
    ['2024-13-01', 'months are 01 to 12'],
    ['1900-01-01', 'years are 1970 to 2200'],
    ['31/12/2024 18:05', '2024-12-31T18:05:00Z for UTC'],
    ['31/12/2024 6:05 PM', '2024-12-31T18:05:00Z for UTC'],
    ['2024-12-31T18:00', '2024-12-31T18:00:00Z for UTC'],
    ['2024-12-31 18:00:00+0500', 'write 2024-12-31T18:00:00+05:00'],
    ['2024-12-31 18:00:00 UTC', 'write 2024-12-31T18:00:00Z'],
    ['2024-12-31 00:00:00', 'write 2024-12-31'],
    ['45657', "a spreadsheet's number of a day: write 2024-12-31"],
    ['1735603200', 'seconds since 1970: write 2024-12-31T00:00:00Z'],
    ['########', 'make it wider'],
    ['4,5657E+04', 'a spreadsheet has made a number of this'],
    ['never', 'leave the field empty'],
    ['-', 'leave the field empty'],
    ['n/a', 'leave the field empty'],
    ['9999-12-31', 'leave the field empty'],
  ])('is given on %j', (text, advice) => {
    expect(parseDate(text) + parseInstant(text)).toBeNaN();
    expect(adviseOnDate(text, false)).toContain(advice);
  });

  it('explains for midnight as valid_until that a date includes its day', () => {
    expect(adviseOnDate('2024-12-31 00:00', true)).toBe(
      'write 2024-12-31 for the end of that day, or the time with its zone',
    );
  });

  it.each(['tomorrow', 'x', '32/13/2024', '1/2', '2024', '99:99', 'z'.repeat(100)])('is not given on %j', (text) => {
    expect(adviseOnDate(text, false)).toBeNull();
  });
});

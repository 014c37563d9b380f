/** Cells that are made to be slow, and as many rows as a file may have: understood within a moment. */
import { describe, expect, it } from 'vitest';
import { readAddresses } from '../../src/desk/import/address-cell.ts';
import type { Choices } from '../../src/desk/import/choices.ts';
import { readDate } from '../../src/desk/import/date-cell.ts';
import { fieldNamed } from '../../src/desk/import/field.ts';
import { readTable } from '../../src/desk/import/read-table.ts';
import { type Cell, LONGEST_CELL, MOST_ROWS, type ReadFile } from '../../src/desk/import/sheet.ts';
import { readProtocols, readSector } from '../../src/desk/import/word-cell.ts';
import { writeSetting } from '../../src/desk/store/settings.ts';
import { newDesk } from './desk-kit.ts';

const PIECES = [
  ' ',
  '\n',
  '\t',
  ';',
  ' ;',
  ' ,\n',
  '1',
  '1.',
  '1 ',
  '- ',
  ' -',
  ' to ',
  'a',
  ':',
  '::',
  '1.2.3.4 ',
  '1.2.3.4-',
  '*.',
  'x ',
  '/ ',
  '/1',
  '"',
  "'",
  '%',
  '[',
  'é ',
  ' /1.',
  ' and ',
];
const MOST_MS = 250;

function cell(text: string): Cell {
  return { text, kind: 'text' };
}

/** Processor time, because the machine may be busy with other things. */
function timeOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

describe('a cell of the greatest length', () => {
  it.each(PIECES)('of %j over and over is read at once', (piece) => {
    const texts = ['', '1.2.3.4', 'x'].map(
      (first) => first + piece.repeat(LONGEST_CELL).slice(0, LONGEST_CELL - 10) + first,
    );
    for (const text of texts) {
      const used = timeOf(() => {
        readAddresses(cell(text), '', '');
        readAddresses(cell(text), text, text);
        readDate(cell(text), true, '');
        readSector(text);
        readProtocols(text);
        fieldNamed(text);
      });
      expect(used).toBeLessThan(MOST_MS);
    }
  });
});

describe('a file of as many rows as there may be', () => {
  it('is understood within seconds', () => {
    const database = newDesk();
    writeSetting(database, 'documentation', 'take');
    const rows = Array.from({ length: MOST_ROWS }, (_, at) => ({
      number: at + 1,
      cells: [cell(`Example ${at}`), cell(`2001:db8:${at.toString(16)}::/64`), cell('31.12.2027')],
    }));
    const file: ReadFile = {
      format: 'csv',
      notes: [],
      sheets: [{ name: '', isHidden: false, hiddenColumns: [], rows }],
    };
    const choices: Choices = {
      sheet: 0,
      firstData: 0,
      columns: ['holder', 'own', 'validUntil'],
      dateOrder: '',
      isp: 'north',
      sector: 'it',
      validFrom: '2026-11-30',
      validUntil: '',
    };
    let understood = 0;
    const used = timeOf(() => {
      understood = readTable(database, file, choices, '2026-11-30').filter(
        ({ state }) => state === 'understood',
      ).length;
    });
    expect(understood).toBe(MOST_ROWS);
    expect(used).toBeLessThan(10_000);
  });
});

/** Files as companies keep them: each row is understood rightly or asked about, and none is dropped or changed. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Choices, firstChoices } from '../../src/desk/import/choices.ts';
import { readSpreadsheet } from '../../src/desk/import/read-spreadsheet.ts';
import { readTable } from '../../src/desk/import/read-table.ts';
import { countRows, type ReadRow } from '../../src/desk/import/understood.ts';
import { writeSetting } from '../../src/desk/store/settings.ts';
import { newDesk } from './desk-kit.ts';
import { TEST_FILES, type TestFile } from './sheets/files.ts';

const TODAY = '2026-11-30';
const EXPECTED = new URL('sheets/expected.tsv', import.meta.url);

interface Expected {
  readonly row: number;
  readonly state: string;
  readonly holder: string;
  readonly addresses: string;
  readonly from: string;
  readonly until: string;
  /** Must be said of the row. */
  readonly says: string;
}

const expected = new Map<string, Expected[]>();
for (const line of readFileSync(EXPECTED, 'utf8').split('\n').slice(1, -1)) {
  const [file, row, state, holder, addresses, from, until, says] = line.split('\t') as [string, ...string[]];
  const list = expected.get(file) ?? [];
  list.push({
    row: Number(row),
    state: state!,
    holder: holder!,
    addresses: addresses!,
    from: from!,
    until: until!,
    says: says!,
  });
  expected.set(file, list);
}

const database = newDesk();
writeSetting(database, 'documentation', 'take');

async function read({ content, ...chosen }: TestFile): Promise<{ readonly rows: ReadRow[]; readonly count: number }> {
  const file = await readSpreadsheet(content, chosen.encoding ?? 'windows-1252');
  const first = firstChoices(file, TODAY, ['north']);
  const choices: Choices = { ...first, sector: 'enterprise', dateOrder: chosen.dateOrder ?? '' };
  return { rows: readTable(database, file, choices, TODAY), count: file.sheets[choices.sheet]!.rows.length };
}

function shown(row: ReadRow): Omit<Expected, 'says'> {
  const { number, state, understood } = row;
  return {
    row: number,
    state,
    holder: understood?.holder ?? '',
    addresses: [...(understood?.own ?? []), ...(understood?.far ?? [])].join(' '),
    from: understood?.validFrom ?? '',
    until: understood?.validUntil ?? '',
  };
}

function withoutWords({ row, state, holder, addresses, from, until }: Expected): Omit<Expected, 'says'> {
  return { row, state, holder, addresses, from, until };
}

describe('the files as companies keep them', () => {
  it('are thirty and more, each with what is right for all of its rows', () => {
    expect(TEST_FILES.length).toBeGreaterThanOrEqual(30);
    expect(TEST_FILES.map(({ name }) => name).sort()).toEqual([...expected.keys()].sort());
  });

  it.each(TEST_FILES.map((file) => [file.name, file] as const))(
    '%s: every row is in the result as it should be',
    async (name, file) => {
      const { rows, count } = await read(file);
      const wanted = expected.get(name)!;
      expect(rows.map(shown)).toEqual(wanted.map(withoutWords));
      for (const [at, { says, row }] of wanted.entries()) {
        const { remarks, questions, errors, reason } = rows[at]!;
        const said = [...remarks, ...questions, ...errors, reason].filter((text) => text !== '');
        if (says === '') expect(said, `row ${row}`).toEqual([]);
        else expect(said.join('\n'), `row ${row}`).toContain(says);
      }
      const counts = countRows(rows);
      expect(rows).toHaveLength(count);
      expect(counts.understood + counts.question + counts.error + counts['left-out']).toBe(count);
    },
  );
});

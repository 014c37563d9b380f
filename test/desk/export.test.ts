/** The registry that the desk writes, as the engine parses it. */
import { describe, expect, it } from 'vitest';
import { differenceOf } from '../../src/desk/export/difference.ts';
import { registryText } from '../../src/desk/export/registry-text.ts';
import { apply } from '../../src/desk/work/apply.ts';
import type { DeskDatabase } from '../../src/desk/store/desk-database.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';
import { ANNA, approved, BORIS, does, MONDAY_MS, newDesk, NORTH, wanted } from './desk-kit.ts';

/** Prefix, scope and reference of each row of the desk's registry. */
function exported(database: DeskDatabase): string[][] {
  const text = [...registryText(database, MONDAY_MS)].map((piece) => piece.text).join('');
  const { registry, issues } = parseRegistry(new TextEncoder().encode(text), 'registry.csv');
  expect(issues.kept).toEqual([]);
  return Array.from({ length: registry!.count }, (_, row) => {
    const { prefix, scope, reference } = registry!.registrationAt(row);
    return [prefix, scope, reference];
  });
}

describe('the registry of a desk', () => {
  it.each([
    ['', [['198.51.100.7/32', '']]],
    ['source', [['198.51.100.7/32', 'source']]],
    [
      'pair',
      [
        ['198.51.100.7/32', 'pair'],
        ['203.0.113.9/32', 'pair'],
      ],
    ],
  ] as const)('has the rows of an approved registration of scope %j, and the engine reads them', (scope, rows) => {
    const database = newDesk();
    const form = wanted(['198.51.100.7/32']);
    const { application } = apply(database, { ...form, statement: { ...form.statement, scope } });
    does(database, NORTH, 'confirm', application.id);
    does(database, ANNA, 'approve', application.id);
    expect(exported(database)).toEqual(rows.map((row) => [...row, application.reference]));
  });

  it('is that of any earlier time, with each row from its approval until it ended, and the difference of two times', () => {
    const database = newDesk();
    const HOUR_MS = 3_600_000;
    const at = (hour: number): number => MONDAY_MS + hour * HOUR_MS;
    const first = approved(database, '198.51.100.1/32');
    const { application } = apply(database, wanted(['198.51.100.2/32'], { atMs: at(1) }));
    does(database, NORTH, 'confirm', application.id, { atMs: at(2) });
    does(database, ANNA, 'approve', application.id, { atMs: at(3) });
    does(database, ANNA, 'propose-revocation', first.id, { atMs: at(4), reason: 'left', date: '2026-11-30' });
    does(database, BORIS, 'revoke', first.id, { atMs: at(5) });
    const prefixes = (hour: number): string[] =>
      [...registryText(database, at(hour))]
        .flatMap(({ text }) => text.trim().split('\n'))
        .slice(1)
        .map((line) => line.split(',')[0]!);
    expect([-1, 0, 2.9, 3, 4.9, 5, 24 * 400].map(prefixes)).toEqual([
      [],
      ['198.51.100.1/32'],
      ['198.51.100.1/32'],
      ['198.51.100.1/32', '198.51.100.2/32'],
      ['198.51.100.1/32', '198.51.100.2/32'],
      ['198.51.100.2/32'],
      [],
    ]);
    const changes = differenceOf(database, at(0), at(6)).map(({ change, prefix }) => [change, prefix]);
    expect(changes).toEqual([
      ['removed', '198.51.100.1/32'],
      ['added', '198.51.100.2/32'],
    ]);
  });

  it('quotes what CSV must quote, and gives the same text in pieces of any size', () => {
    const database = newDesk();
    const names = ['Plain', 'Comma, Works', 'The "Quoted"', 'Line\nBreak', 'Carriage\rReturn', '"', '"",\n', 'Ünï, ✓'];
    const lines = names.map((organisation, at) => {
      const prefix = `198.51.100.${at}/32`;
      const { application } = apply(database, wanted([prefix], { organisation }));
      does(database, NORTH, 'confirm', application.id);
      does(database, ANNA, 'approve', application.id);
      const holder = /[",\n\r]/.test(organisation) ? `"${organisation.replaceAll('"', '""')}"` : organisation;
      return `${prefix},${holder},enterprise,wireguard,2026-11-30,2027-11-29,${application.reference},\n`;
    });
    const header = 'prefix,holder,sector,protocols,valid_from,valid_until,reference,scope\n';
    for (const size of [1, 3, 8, 1000])
      expect([...registryText(database, MONDAY_MS, size)].map(({ text }) => text).join('')).toBe(
        header + lines.join(''),
      );
  });
});

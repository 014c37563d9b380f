/** The registry that the desk writes, as the engine parses it. */
import { describe, expect, it } from 'vitest';
import { registryText } from '../../src/desk/export/registry-text.ts';
import { apply } from '../../src/desk/work/apply.ts';
import type { DeskDatabase } from '../../src/desk/store/desk-database.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';
import { ANNA, does, MONDAY_MS, newDesk, NORTH, wanted } from './desk-kit.ts';

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
});

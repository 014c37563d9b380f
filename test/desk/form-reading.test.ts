/** What a form keeps of a text, and the sectors that it offers. */
import { describe, expect, it } from 'vitest';
import { Form } from '../../src/desk/http/form-reading.ts';
import { allSectors, sectorTitle, writeSector } from '../../src/desk/store/sector-store.ts';
import { readApplication } from '../../src/desk/work/read-application.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';
import { registryText } from '../../src/desk/export/registry-text.ts';
import { apply } from '../../src/desk/work/apply.ts';
import { ANNA, does, MONDAY_MS, newDesk, NORTH, wanted } from './desk-kit.ts';

describe('a text of a form', () => {
  it.each([
    ['A\0B\x07C\x1b[31mD\x7f\x9f', 'ABC[31mD'],
    ['line one\r\nline two\tend', 'line one\nline two\tend'],
    ['Bank \u202eknaB\u202c \u2066x\u2069\ufeff', 'Bank knaB x'],
    ['  Ünïcode ✓ 漢字 👩‍💻  ', 'Ünïcode ✓ 漢字 👩‍💻'],
    ["'; DROP TABLE application; --<script>", "'; DROP TABLE application; --<script>"],
  ])('%j is kept as %j', (given, kept) => {
    const form = new Form();
    form.add('name', given);
    expect(form.text('name')).toBe(kept);
  });
});

describe('a sector', () => {
  it('that is no longer offered is refused to applicants, and stays in the registry under its name', () => {
    const database = newDesk();
    const { application } = apply(database, wanted(['20.0.0.7/32'], { sector: 'enterprise' }));
    does(database, NORTH, 'confirm', application.id);
    does(database, ANNA, 'approve', application.id);
    const problems = (sector: string): boolean => {
      const form = new Form();
      form.add('sector', sector);
      const { problems: all } = readApplication(database, 'company', form, {
        except: null,
        known: null,
        nowMs: MONDAY_MS,
      });
      return all.includes('choose a sector');
    };
    expect(['enterprise', 'it', 'freelancer', 'none', ''].map(problems)).toEqual([false, false, true, true, true]);
    writeSector(database, { name: 'enterprise', title: 'Businesses', isOffered: false });
    expect(['enterprise', 'it'].map(problems)).toEqual([true, false]);
    expect(sectorTitle(database, 'enterprise')).toBe('Businesses');
    expect(
      allSectors(database)
        .filter(({ isOffered }) => isOffered)
        .map(({ name }) => name),
    ).not.toContain('enterprise');
    const text = [...registryText(database, MONDAY_MS)].map((piece) => piece.text).join('');
    expect(text).toContain(',enterprise,');
    expect(parseRegistry(new TextEncoder().encode(text), 'registry.csv').issues.kept).toEqual([]);
  });
});

/** What becomes of a registration that is changed or renewed: what is in force stays until the change begins. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { registryText } from '../../src/desk/export/registry-text.ts';
import { allowedActions } from '../../src/desk/model/permission.ts';
import { type Application, applicationById, standingOf, statementOf } from '../../src/desk/store/application.ts';
import type { DeskDatabase } from '../../src/desk/store/desk-database.ts';
import { personalOf } from '../../src/desk/store/history.ts';
import { relatedTo, waiting, waitingCount } from '../../src/desk/store/queue.ts';
import { rowsOf } from '../../src/desk/store/registry-rows.ts';
import { apply, type NewApplication } from '../../src/desk/work/apply.ts';
import { tick } from '../../src/desk/work/clock.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';
import { ANNA, APPLICANT, approved, BORIS, does, MONDAY_MS, newDesk, NORTH, wanted } from './desk-kit.ts';

const DAY_MS = 86_400_000;
const PUBLIC = '20.0.0.7/32';

/** A change that waits for a reviewer. */
function changed(
  database: DeskDatabase,
  root: Application,
  own: readonly string[],
  period: readonly [from: string, until: string],
  more: Partial<NewApplication> = {},
): Application {
  const [validFrom, validUntil] = period;
  const form = wanted(own, { request: 'renew', root, ...more });
  const { application } = apply(database, { ...form, statement: { ...form.statement, validFrom, validUntil } });
  return does(database, NORTH, 'confirm', application.id);
}

function rows(database: DeskDatabase, id: number): unknown {
  return rowsOf(database, id).map(({ prefix, validFrom, validUntil, scope }) => [prefix, validFrom, validUntil, scope]);
}

describe('a change', () => {
  it('that begins later leaves what is in force until the day before', () => {
    const database = newDesk();
    const root = approved(database, PUBLIC);
    const { id } = changed(database, root, ['20.0.0.8/32'], ['2027-11-30', '2028-11-29']);
    does(database, ANNA, 'approve', id);
    expect(rows(database, root.id)).toEqual([
      [PUBLIC, '2026-11-30', '2027-11-29', ''],
      ['20.0.0.8/32', '2027-11-30', '2028-11-29', ''],
    ]);
    expect(applicationById(database, root.id)).toMatchObject({ validFrom: '2026-11-30', validUntil: '2028-11-29' });
    const text = [...registryText(database, MONDAY_MS)].map((piece) => piece.text).join('');
    expect(parseRegistry(new TextEncoder().encode(text), 'registry.csv').issues.kept).toEqual([]);
    // On the last day of the first rows nothing expires.
    expect(tick(database, Date.parse('2027-11-30T00:00:00Z'), { files: '', notify: () => undefined })).toBe(false);
    const later = Date.parse('2027-11-30T12:00:00Z');
    const then = [...registryText(database, later)].map((piece) => piece.text).join('');
    expect(then).toContain('20.0.0.8/32');
    expect(then).not.toContain(PUBLIC);
  });

  it('is what its registration states from then on, for its provider, the next change and a mend', () => {
    const database = newDesk();
    const root = approved(database, PUBLIC);
    const form = wanted(['20.0.0.8/32'], { request: 'amend', root }, 'elsewhere');
    const { application } = apply(database, {
      ...form,
      personal: { ...form.personal, subscriber: 'E-2', purpose: 'Another office' },
    });
    does(database, ANNA, 'approve', application.id);
    const now = applicationById(database, root.id)!;
    expect(now.isp).toBe('elsewhere');
    expect(statementOf(database, now)).toMatchObject({ own: ['20.0.0.8/32'], isp: 'elsewhere' });
    expect(personalOf(database, root.id)).toMatchObject({ subscriber: 'E-2', purpose: 'Another office' });
    // The provider before has nothing to do with it any more.
    does(database, APPLICANT, 'ask-withdrawal', root.id);
    expect(() => does(database, NORTH, 'confirm-withdrawal', root.id)).toThrow('no such application');
  });

  it('that is approved is acted on by its registration alone, whose rows those are', () => {
    const database = newDesk();
    const root = approved(database, PUBLIC);
    const { id } = changed(database, root, [PUBLIC], ['2026-11-30', '2028-11-29']);
    const change = does(database, ANNA, 'approve', id);
    for (const actor of [APPLICANT, ANNA, NORTH]) expect(allowedActions(actor, standingOf(change))).toEqual([]);
    expect(() => does(database, ANNA, 'propose-revocation', id, { reason: 'left', date: '2026-11-30' })).toThrow(
      'act on the registration',
    );
    does(database, ANNA, 'propose-revocation', root.id, { reason: 'left', date: '2026-11-30' });
    does(database, BORIS, 'revoke', root.id);
    expect(rows(database, root.id)).toEqual([]);
    expect(relatedTo(database, root).map(({ reference }) => reference)).toEqual([`${root.reference}/2`]);
  });

  it('has its personal data erased with those of its registration', () => {
    const database = newDesk();
    const files = mkdtempSync(join(tmpdir(), 'sluice-files-'));
    const root = approved(database, PUBLIC);
    const { id } = changed(database, root, [PUBLIC], ['2026-11-30', '2027-12-31']);
    does(database, ANNA, 'approve', id);
    const at = (day: string): boolean =>
      tick(database, Date.parse(`${day}T00:00:00Z`), { files, notify: () => undefined });
    expect(at('2028-01-01')).toBe(true);
    at('2028-12-31');
    expect(personalOf(database, id)).not.toBeNull();
    at('2029-01-01');
    expect([personalOf(database, root.id), personalOf(database, id)]).toEqual([null, null]);
  });
});

describe('one reviewer', () => {
  it.each([
    ['2026-11-30', 'has not asked for an earlier end'],
    ['2026-11-29', 'the period is over already'],
    ['2027-11-28', 'has not asked for an earlier end'],
    ['2027-11-29', null],
    ['2028-06-30', null],
  ])('who approves a renewal until %s: %s', (date, problem) => {
    const database = newDesk();
    const root = approved(database, PUBLIC);
    const { id } = changed(database, root, [PUBLIC], ['2026-11-01', '2028-11-29']);
    const approve = (): unknown => does(database, ANNA, 'approve', id, { date });
    if (problem === null) approve();
    else expect(approve).toThrow(problem);
    expect(rows(database, root.id)).toEqual([
      problem === null ? [PUBLIC, '2026-11-01', date, ''] : [PUBLIC, '2026-11-30', '2027-11-29', ''],
    ]);
  });

  it('approves an earlier end where the holder asks for it', () => {
    const database = newDesk();
    const root = approved(database, PUBLIC);
    const { id } = changed(database, root, [PUBLIC], ['2026-11-30', '2027-01-31']);
    does(database, ANNA, 'approve', id);
    expect(rows(database, root.id)).toEqual([[PUBLIC, '2026-11-30', '2027-01-31', '']]);
  });

  it('limits no flows of a registration in force', () => {
    const database = newDesk();
    const root = approved(database, PUBLIC);
    const form = wanted([PUBLIC], { request: 'amend', root });
    const { application } = apply(database, { ...form, statement: { ...form.statement, scope: 'source' } });
    does(database, NORTH, 'confirm', application.id);
    expect(() => does(database, ANNA, 'approve', application.id)).toThrow('covers more flows now');
  });

  it('mends a registration without taking an address from it', () => {
    const database = newDesk();
    const root = approved(database, '20.0.0.4/31');
    does(database, APPLICANT, 'appeal', root.id, { text: 'We are cut off' });
    const statement = statementOf(database, applicationById(database, root.id)!);
    const mend = (...own: string[]): unknown =>
      does(database, BORIS, 'mend', root.id, { statement: { ...statement, own }, text: 'Mended' });
    for (const own of [['20.0.0.4/32'], ['20.0.0.5/32', '20.0.0.6/31'], ['20.0.1.0/24'], []])
      expect(() => mend(...own)).toThrow('20.0.0.4/31 would no longer be registered');
    mend('20.0.0.4/32', '20.0.0.5/32', '20.0.0.8/32');
    expect(rowsOf(database, root.id)).toHaveLength(3);
  });

  it.each([
    ['anna', 'oidc:anna'],
    ['oidc:anna', 'anna'],
  ])('who has two accounts, %s and %s, is one person', (name, other) => {
    const database = newDesk();
    const one = { ...ANNA, name };
    const two = { ...ANNA, name: other };
    const { id } = approved(database, PUBLIC, one);
    does(database, one, 'propose-revocation', id, { reason: 'left', date: '2026-11-30' });
    expect(() => does(database, two, 'revoke', id)).toThrow('another reviewer must confirm');
    const more = Array.from(
      { length: 51 },
      (_, at) => apply(database, wanted([`20.0.1.${at}/32`], {}, 'elsewhere')).application.id,
    );
    // One registration is approved already.
    more.slice(0, 49).forEach((at) => does(database, at % 2 === 0 ? one : two, 'approve', at));
    for (const actor of [one, two])
      expect(() => does(database, actor, 'approve', more[50]!)).toThrow('another reviewer must release');
    expect(does(database, BORIS, 'approve', more[50]!).state).toBe('approved');
  });
});

describe('what waits for a second person', () => {
  it('is in a queue of its own, for the provider and for reviewers', () => {
    const database = newDesk();
    const given = approved(database, '20.0.0.1/32');
    const proposed = approved(database, '20.0.0.2/32');
    does(database, APPLICANT, 'ask-withdrawal', given.id);
    does(database, ANNA, 'propose-revocation', proposed.id, { reason: 'left', date: '2026-12-15' });
    const queue = (name: 'giving-up' | 'revocation', isp: string | null): number[] => {
      const found = waiting(database, name, isp, 0).map(({ id }) => id);
      expect(waitingCount(database, name, isp)).toBe(found.length);
      return found;
    };
    expect(queue('giving-up', 'north')).toEqual([given.id]);
    expect(queue('giving-up', 'south')).toEqual([]);
    expect(queue('giving-up', null)).toEqual([given.id]);
    expect(queue('revocation', null)).toEqual([proposed.id]);
    does(database, NORTH, 'confirm-withdrawal', given.id);
    does(database, BORIS, 'revoke', proposed.id, { atMs: MONDAY_MS + DAY_MS });
    expect([queue('giving-up', null), queue('revocation', null)]).toEqual([[], []]);
  });
});

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import Database from 'libsql';
import { APPEND_ONLY, MIGRATIONS } from '../../src/desk/store/schema.ts';
import { applicationById } from '../../src/desk/store/application.ts';
import { noteProviderReviewer, reviewerNames, writeAccount } from '../../src/desk/store/account-store.ts';
import { type DeskDatabase, openDesk, row, rows, run } from '../../src/desk/store/desk-database.ts';
import { changesOf, erasePersonal, personalOf } from '../../src/desk/store/history.ts';
import { search, waiting } from '../../src/desk/store/queue.ts';
import { coveringRows, isRegistered, rowsOf } from '../../src/desk/store/registry-rows.ts';
import { setting } from '../../src/desk/store/settings.ts';
import { DeedRefused } from '../../src/desk/work/act.ts';
import { apply } from '../../src/desk/work/apply.ts';
import { ANNA, APPLICANT, approved, BORIS, does, MONDAY_MS, newDesk, NORTH, wanted } from './desk-kit.ts';

const HOUR_MS = 3_600_000;

describe('the database of a desk', () => {
  it('is opened again with what was written', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'sluice-desk-')), 'desk.db');
    const before = newDesk(path);
    const { reference } = apply(before, wanted(['198.51.100.7/32'])).application;
    before.close();
    expect(search(openDesk(path), reference)).toHaveLength(1);
  });

  it.each([1, 2, 3, 4, 5])('of schema %i is led to the present one, with what was in it', (version) => {
    const path = join(mkdtempSync(join(tmpdir(), 'sluice-desk-')), 'desk.db');
    const old = new Database(path);
    for (const migration of MIGRATIONS.slice(0, version)) old.exec(migration);
    old.exec(`PRAGMA user_version = ${version}; INSERT INTO setting VALUES ('title', 'An old desk')`);
    old.close();
    const tables = (database: DeskDatabase): unknown =>
      rows(database, 'SELECT type, name, sql FROM sqlite_master ORDER BY name');
    const opened = openDesk(path);
    expect(tables(opened)).toEqual(tables(newDesk()));
    expect(setting(opened, 'title')).toBe('An old desk');
  });

  it.each(APPEND_ONLY)('takes no change and no removal in %s', (table) => {
    const database = newDesk();
    approved(database);
    run(database, "INSERT INTO deed (at_ms, actor, role, what, fields) VALUES (1, 'a', 'admin', 'x', '{}')");
    run(database, "INSERT INTO release (at_ms, account, by, count) VALUES (1, 'a', 'b', 1)");
    expect(() => run(database, `UPDATE ${table} SET at_ms = 0`)).toThrow('history');
    expect(() => run(database, `DELETE FROM ${table}`)).toThrow('history');
  });

  it('ends a row of the registry, and neither alters nor removes one', () => {
    const database = newDesk();
    approved(database);
    expect(() => run(database, "UPDATE registry_row SET valid_until = '2099-01-01'")).toThrow('only ended');
    expect(() => run(database, 'DELETE FROM registry_row')).toThrow('not removed');
  });

  it('makes one application of a form that is sent twice', () => {
    const database = newDesk();
    const form = wanted(['198.51.100.7/32']);
    const first = apply(database, form);
    const second = apply(database, { ...form, secret: 'AAAAAAAAAAAAAAAAAAAAAA' });
    expect([first.isNew, second.isNew]).toEqual([true, false]);
    expect(second.application.reference).toBe(first.application.reference);
    expect(rows(database, 'SELECT id FROM application')).toHaveLength(1);
  });
});

describe('an application', () => {
  it('goes to its ISP where that has an account, else to review', () => {
    const database = newDesk();
    expect(apply(database, wanted(['198.51.100.7/32'])).application.state).toBe('isp');
    expect(apply(database, wanted(['198.51.100.8/32'], {}, 'elsewhere')).application.state).toBe('review');
  });

  it('returns after an answer to where the question came from', () => {
    const database = newDesk();
    const { id } = apply(database, wanted(['198.51.100.7/32'])).application;
    does(database, NORTH, 'object', id, { text: 'This address is not yours' });
    expect(does(database, APPLICANT, 'answer', id, { text: 'It is' }).state).toBe('isp');
    does(database, NORTH, 'confirm', id);
    does(database, ANNA, 'ask', id, { text: 'What for?' });
    expect(does(database, APPLICANT, 'answer', id, { text: 'Accounts' }).state).toBe('review');
    expect(changesOf(database, id).map(({ action }) => action)).toEqual([
      'submit',
      'forward',
      'object',
      'answer',
      'confirm',
      'ask',
      'answer',
    ]);
  });

  it('is in the registry once it is approved, under its reference', () => {
    const database = newDesk();
    const { reference, id } = approved(database);
    expect(coveringRows(database, '198.51.100.7')).toMatchObject([{ reference, prefix: '198.51.100.7/32' }]);
    expect(isRegistered(database, '198.51.100.0/24', null)).toBe(true);
    expect(isRegistered(database, '198.51.100.0/24', id)).toBe(false);
    expect(isRegistered(database, '198.51.100.8/32', null)).toBe(false);
  });

  it('that is refused names a reason of the list', () => {
    const database = newDesk();
    const { id } = apply(database, wanted(['198.51.100.7/32'], {}, 'elsewhere')).application;
    expect(() => does(database, ANNA, 'refuse', id, { reason: 'because' })).toThrow(DeedRefused);
    expect(does(database, ANNA, 'refuse', id, { reason: 'no-evidence' }).state).toBe('refused');
  });

  it('is revoked by two people; until the day that they name it is in force', () => {
    const database = newDesk();
    const { id } = approved(database);
    does(database, ANNA, 'propose-revocation', id, { reason: 'left', date: '2026-12-15' });
    expect(() => does(database, ANNA, 'revoke', id)).toThrow('another reviewer');
    expect(does(database, BORIS, 'revoke', id).state).toBe('revoked');
    expect(rowsOf(database, id)).toMatchObject([{ validUntil: '2026-12-14' }]);
  });

  it('keeps its personal data apart, and the history after they are erased', () => {
    const database = newDesk();
    const { id } = approved(database);
    expect(personalOf(database, id)?.contact).toBe('Contact Person');
    const [submitted] = rows<{ hash: string }>(
      database,
      'SELECT personal_sha256 AS hash FROM change WHERE application = ?',
      id,
    );
    erasePersonal(database, id, MONDAY_MS);
    expect(personalOf(database, id)).toBeNull();
    expect(submitted!.hash).toMatch(/^[0-9a-f]{64}$/);
    const dump = JSON.stringify(
      ['application', 'change', 'message', 'personal', 'version', 'registry_row'].map((table) =>
        rows(database, `SELECT * FROM ${table}`),
      ),
    );
    expect(dump).not.toContain('Contact Person');
    expect(dump).not.toContain('it@meridian');
  });

  it('of a person is in the registry as freelancer, and is not found by name', () => {
    const database = newDesk();
    const form = wanted(['198.51.100.7/32'], { kind: 'freelancer', organisation: 'Ada Secret', sector: 'freelancer' });
    const { application } = apply(database, form);
    expect(application.holder).toBe('freelancer');
    expect(search(database, 'Ada')).toEqual([]);
  });

  it('that is renewed replaces the rows of its registration under the same reference', () => {
    const database = newDesk();
    const root = approved(database);
    const form = wanted(['198.51.100.7/32', '198.51.100.12/30'], { request: 'amend', root });
    const { application } = apply(database, form);
    expect(application.reference).toBe(`${root.reference}/2`);
    does(database, NORTH, 'confirm', application.id);
    does(database, ANNA, 'approve', application.id, { date: '2028-01-01' });
    expect(
      rowsOf(database, root.id).map(({ prefix, reference, validUntil }) => [prefix, reference, validUntil]),
    ).toEqual([
      ['198.51.100.7/32', root.reference, '2028-01-01'],
      ['198.51.100.12/30', root.reference, '2028-01-01'],
    ]);
    expect(applicationById(database, root.id)?.validUntil).toBe('2028-01-01');
  });
});

describe('the limit of one person', () => {
  it('is released for reviewers of the provider too, who have no account here', () => {
    const database = newDesk();
    writeAccount(database, { name: 'anna', role: 'reviewer', isps: [], hash: 'x' }, MONDAY_MS);
    noteProviderReviewer(database, 'oidc:rosa', MONDAY_MS - 80 * 86_400_000);
    noteProviderReviewer(database, 'oidc:gone', MONDAY_MS - 91 * 86_400_000);
    expect(reviewerNames(database, MONDAY_MS)).toEqual(['anna', 'oidc:rosa']);
  });

  it('is 50 registrations in 24 hours however they are cut up, and another reviewer releases more', () => {
    const database = newDesk();
    const ids = Array.from(
      { length: 52 },
      (_, at) => apply(database, wanted([`198.51.100.${at}/32`], {}, 'elsewhere')).application.id,
    );
    ids.slice(0, 50).forEach((id, at) => does(database, ANNA, 'approve', id, { atMs: MONDAY_MS + at * 1000 }));
    const next = { atMs: MONDAY_MS + 23 * HOUR_MS };
    expect(() => does(database, ANNA, 'approve', ids[50]!, next)).toThrow('another reviewer must release');
    expect(() =>
      run(database, "INSERT INTO release (at_ms, account, by, count) VALUES (?, 'anna', 'anna', 9)", next.atMs),
    ).toThrow();
    run(database, "INSERT INTO release (at_ms, account, by, count) VALUES (?, 'anna', 'boris', 1)", next.atMs);
    expect(does(database, ANNA, 'approve', ids[50]!, next).state).toBe('approved');
    expect(() => does(database, ANNA, 'approve', ids[51]!, next)).toThrow('another reviewer');
    expect(does(database, BORIS, 'approve', ids[51]!, next).state).toBe('approved');
  });
});

describe('the queue', () => {
  it('has the least time left first, and an ISP sees its own', () => {
    const database = newDesk();
    const late = apply(database, wanted(['198.51.100.1/32'], { atMs: MONDAY_MS + HOUR_MS })).application;
    const early = apply(database, wanted(['198.51.100.2/32'])).application;
    expect(waiting(database, 'isp', 'north', 0).map(({ id }) => id)).toEqual([early.id, late.id]);
    expect(waiting(database, 'isp', 'south', 0)).toEqual([]);
    expect(early.dueMs).toBe(Date.UTC(2026, 11, 1, 5));
  });

  it('finds by reference, by address and by the beginnings of words, whatever the text has', () => {
    const database = newDesk();
    const { reference, id } = approved(database);
    for (const text of [reference, reference.toLowerCase(), '198.51.100.7', 'merid exam'])
      expect(search(database, text).map((one) => one.id)).toEqual([id]);
    for (const text of ["' OR 1=1 --", '"', '* NOT x', '%', 'holder:x', '']) expect(search(database, text)).toEqual([]);
    expect(row(database, 'SELECT count(*) AS count FROM application')).toEqual({ count: 1 });
  });
});

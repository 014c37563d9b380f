/** A desk in memory for tests, with an ISP and reviewers, and applications in documentation prefixes. */
import type { Actor } from '../../src/desk/model/permission.ts';
import { randomSecret } from '../../src/desk/model/reference.ts';
import type { Application, Statement } from '../../src/desk/store/application.ts';
import { writeAccount } from '../../src/desk/store/account-store.ts';
import { type DeskDatabase, openDesk } from '../../src/desk/store/desk-database.ts';
import { writeFirstReasons, writeIsp } from '../../src/desk/store/settings.ts';
import { act, type Deed } from '../../src/desk/work/act.ts';
import { apply, type NewApplication } from '../../src/desk/work/apply.ts';

/** Monday, 30 November 2026, 10:00 in UTC+05:00. */
export const MONDAY_MS = Date.UTC(2026, 10, 30, 5);

export const ANNA: Actor = { role: 'reviewer', name: 'anna', isps: [] };
export const BORIS: Actor = { role: 'reviewer', name: 'boris', isps: [] };
export const NORTH: Actor = { role: 'isp', name: 'north-desk', isps: ['north'] };
export const APPLICANT: Actor = { role: 'applicant', name: 'applicant', isps: [] };

export function newDesk(path = ':memory:'): DeskDatabase {
  const database = openDesk(path);
  writeFirstReasons(database);
  writeIsp(database, { name: 'north', title: 'North Net', prefixes: [], isActive: true });
  writeAccount(database, { name: 'north-desk', role: 'isp', isps: ['north'], hash: 'x' }, MONDAY_MS);
  return database;
}

export function wanted(own: readonly string[], more: Partial<NewApplication> = {}, isp = 'north'): NewApplication {
  const statement: Statement = {
    isp,
    own,
    far: ['203.0.113.9/32'],
    protocols: ['wireguard'],
    scope: '',
    validFrom: '2026-11-30',
    validUntil: '2027-11-29',
  };
  return {
    key: randomSecret(),
    secret: randomSecret(),
    request: 'new',
    root: null,
    kind: 'company',
    organisation: 'Meridian Example Trading',
    sector: 'enterprise',
    statement,
    personal: {
      contact: 'Contact Person',
      mail: 'it@meridian.example',
      phone: '+00 0000',
      subscriber: 'N-1',
      purpose: 'Accounts between two offices',
      person: '',
    },
    atMs: MONDAY_MS,
    ...more,
  };
}

/** Takes an action as a person would. */
export function does(
  database: DeskDatabase,
  actor: Actor,
  action: Deed['action'],
  application: number,
  more: Partial<Deed> = {},
): Application {
  return act(database, { actor, action, application, atMs: MONDAY_MS, ...more });
}

/** An application that is approved, with its number. */
export function approved(database: DeskDatabase, prefix = '198.51.100.7/32', by = ANNA): Application {
  const { application } = apply(database, wanted([prefix]));
  does(database, NORTH, 'confirm', application.id);
  return does(database, by, 'approve', application.id);
}

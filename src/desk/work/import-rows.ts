/**
 * Makes registrations of the rows of a file that were shown and confirmed: an application for each, approved at once,
 * with its history, all in the caller's transaction. What is no longer as it was shown is refused whole.
 */
import type { ReadRow, Understood } from '../import/understood.ts';
import { limitRefusal } from '../model/change-limit.ts';
import type { KindName, SectorName } from '../model/kind.ts';
import type { Actor } from '../model/permission.ts';
import { randomSecret } from '../model/reference.ts';
import type { Application } from '../store/application.ts';
import { changedBy, releasedTo } from '../store/change-count.ts';
import type { DeskDatabase } from '../store/desk-database.ts';
import { actWithin, DeedRefused } from './act.ts';
import { applyWithin } from './apply.ts';

export interface RowImport {
  readonly name: string;
  readonly actor: Actor;
  readonly atMs: number;
}

const KINDS_OF_SECTORS: Readonly<Record<SectorName, KindName>> = {
  it: 'software-house',
  bank: 'bank',
  'call-centre': 'call-centre',
  freelancer: 'freelancer',
  university: 'university',
  mission: 'mission',
  enterprise: 'company',
  other: 'company',
};
const LONGEST_NAME_SHOWN = 80;

/** The registrations by the numbers of their rows. Throws DeedRefused. */
export function importRows(
  database: DeskDatabase,
  rows: readonly ReadRow[],
  deed: RowImport,
): ReadonlyMap<number, Application> {
  const { actor, atMs } = deed;
  if (rows.length === 0) throw new DeedRefused({ status: 409, problem: 'no row is understood or taken' });
  const problem = limitRefusal(
    rows.length,
    changedBy(database, actor.name, atMs),
    releasedTo(database, actor.name, atMs),
  );
  if (problem !== null) throw new DeedRefused({ status: 403, problem });
  return new Map(rows.map((row) => [row.number, importRow(database, row, deed)]));
}

function importRow(
  database: DeskDatabase,
  { number, understood }: ReadRow,
  { name, actor, atMs }: RowImport,
): Application {
  const one = understood!;
  const kind = KINDS_OF_SECTORS[one.sector];
  const isPerson = kind === 'freelancer';
  const application = applyWithin(
    database,
    {
      key: randomSecret(),
      secret: randomSecret(),
      request: 'new',
      root: null,
      kind,
      organisation: isPerson ? '' : one.holder,
      sector: one.sector,
      statement: {
        isp: one.isp,
        own: one.own,
        far: one.far,
        protocols: one.protocols,
        scope: one.scope,
        validFrom: one.validFrom,
        validUntil: one.validUntil,
      },
      personal: personalOf(one, isPerson),
      atMs,
    },
    actor,
  );
  const shownName = name.slice(0, LONGEST_NAME_SHOWN);
  const there = one.reference === '' ? '' : `, where its reference is ${one.reference}`;
  const text = `Imported from row ${number} of ${shownName}${there}.`;
  const deed = { application: application.id, actor, atMs, text, isWithinLimit: true };
  // Its provider is not asked: the reviewer answers for what is imported.
  if (application.state === 'isp') actWithin(database, { ...deed, action: 'take-over' });
  return actWithin(database, { ...deed, action: 'approve', validFrom: one.validFrom });
}

function personalOf(one: Understood, isPerson: boolean): Parameters<typeof applyWithin>[1]['personal'] {
  const { contact, mail, phone, subscriber, purpose, holder } = one;
  return { contact, mail, phone, subscriber, purpose, person: isPerson ? holder : '' };
}

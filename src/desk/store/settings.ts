/** What an administrator sets: internet providers, reasons, and values by name. */
import { randomBytes } from 'node:crypto';
import { FIRST_REASONS, type Reason } from '../model/reason.ts';
import { type DeskDatabase, row, rows, run } from './desk-database.ts';

export interface Isp {
  readonly name: string;
  readonly title: string;
  /** Its own ranges; an address in another provider's range is asked about. */
  readonly prefixes: readonly string[];
  readonly isActive: boolean;
}

/** Values by name, with what holds until one is set. */
export const SETTINGS = {
  /** The name of the desk, on every page. */
  title: 'VPN registration desk',
  /** A text on the first page. */
  notice: '',
  /** How long personal data are kept after an application has ended, days. */
  retentionDays: '365',
  /** The widest prefixes that an applicant may ask for; a reviewer may widen. */
  widestIpv4: '24',
  widestIpv6: '48',
  /** `take` where addresses of documentation are taken, as in a demonstration. */
  documentation: 'refuse',
} as const;
export type SettingName = keyof typeof SETTINGS;

export function setting(database: DeskDatabase, name: SettingName): string {
  const found = row<{ readonly value: string }>(database, 'SELECT value FROM setting WHERE name = ?', name);
  return found?.value ?? SETTINGS[name];
}

export function writeSetting(database: DeskDatabase, name: SettingName, value: string): void {
  const sql = 'INSERT INTO setting VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value';
  run(database, sql, name, value);
}

const KEY_BYTES = 32;

/** A key of this desk, of which secret links are made. Made at the first use. */
export function deskKey(database: DeskDatabase): Buffer {
  const sql = "SELECT value FROM setting WHERE name = 'desk-key'";
  const found = row<{ readonly value: string }>(database, sql);
  if (found !== null) return Buffer.from(found.value, 'base64');
  const key = randomBytes(KEY_BYTES);
  run(database, "INSERT INTO setting VALUES ('desk-key', ?)", key.toString('base64'));
  return key;
}

/** Internet providers whose people sign in at the provider of OpenID Connect, and so can confirm addresses here. */
export function writeProviderIsps(database: DeskDatabase, isps: readonly string[]): void {
  const sql = 'INSERT INTO setting VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value';
  run(database, sql, 'provider-isps', JSON.stringify(isps));
}

/** The list of a new desk. */
export function writeFirstReasons(database: DeskDatabase): void {
  for (const reason of FIRST_REASONS) writeReason(database, { ...reason, isActive: true });
}

export function writeReason(database: DeskDatabase, { code, use, title, isActive }: Reason): void {
  run(
    database,
    `INSERT INTO reason VALUES (?, ?, ?, ?) ON CONFLICT (code) DO UPDATE SET title = excluded.title,
      is_active = excluded.is_active`,
    code,
    use,
    title,
    isActive ? 1 : 0,
  );
}

export function allReasons(database: DeskDatabase): Reason[] {
  type ReasonRow = Omit<Reason, 'isActive'> & { readonly isActive: number };
  const found = rows<ReasonRow>(
    database,
    'SELECT code, use, title, is_active AS isActive FROM reason ORDER BY use, title',
  );
  return found.map((one) => ({ ...one, isActive: one.isActive === 1 }));
}

export function writeIsp(database: DeskDatabase, { name, title, prefixes, isActive }: Isp): void {
  run(
    database,
    `INSERT INTO isp VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET title = excluded.title,
      prefixes = excluded.prefixes, is_active = excluded.is_active`,
    name,
    title,
    JSON.stringify(prefixes),
    isActive ? 1 : 0,
  );
}

export function allIsps(database: DeskDatabase): Isp[] {
  type IspRow = Omit<Isp, 'isActive' | 'prefixes'> & { readonly isActive: number; readonly prefixes: string };
  const found = rows<IspRow>(database, 'SELECT name, title, prefixes, is_active AS isActive FROM isp ORDER BY title');
  return found.map((one) => ({
    ...one,
    prefixes: JSON.parse(one.prefixes) as string[],
    isActive: one.isActive === 1,
  }));
}

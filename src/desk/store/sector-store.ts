/** The sectors of the registry, with the titles that an administrator has given them. */
import { SECTOR_NAMES } from '../../registry/sector.ts';
import type { SectorName } from '../model/kind.ts';
import { SECTOR_TITLES } from '../model/sector.ts';
import { type DeskDatabase, rows, run } from './desk-database.ts';

export interface Sector {
  readonly name: SectorName;
  readonly title: string;
  /** The form offers it to applicants whose kind does not say it. */
  readonly isOffered: boolean;
}

/** People apply as such, and no organisation is one. */
const NEVER_OFFERED: SectorName = 'freelancer';

/** In the order of the engine. */
export function allSectors(database: DeskDatabase): Sector[] {
  interface SectorRow {
    readonly name: string;
    readonly title: string;
    readonly isOffered: number;
  }
  const changed = rows<SectorRow>(database, 'SELECT name, title, is_offered AS isOffered FROM sector');
  return (SECTOR_NAMES.slice(1) as SectorName[]).map((name) => {
    const found = changed.find((one) => one.name === name);
    const isOffered = name !== NEVER_OFFERED && found?.isOffered !== 0;
    return { name, title: found?.title ?? SECTOR_TITLES[name], isOffered };
  });
}

export function sectorTitle(database: DeskDatabase, sector: string): string {
  return allSectors(database).find(({ name }) => name === sector)?.title ?? sector;
}

export function writeSector(database: DeskDatabase, { name, title, isOffered }: Sector): void {
  run(
    database,
    `INSERT INTO sector VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET title = excluded.title,
      is_offered = excluded.is_offered`,
    name,
    title,
    isOffered ? 1 : 0,
  );
}

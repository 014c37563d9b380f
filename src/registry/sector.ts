/** The sectors that a registration's holder can belong to. Codes are stable numbers; names are what registry and policy write. */
export const SECTOR_NAMES = [
  'it',
  'bank',
  'call-centre',
  'freelancer',
  'university',
  'mission',
  'enterprise',
  'other',
] as const;

/** Position in SECTOR_NAMES. */
export type Sector = number;

/** Code of a name, or -1. */
export function sectorCode(name: string): Sector {
  return (SECTOR_NAMES as readonly string[]).indexOf(name);
}

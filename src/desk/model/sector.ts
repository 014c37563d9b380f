/** What the sectors of the registry are called, until an administrator names them otherwise. */
import type { SectorName } from './kind.ts';

export const SECTOR_TITLES: Readonly<Record<SectorName, string>> = {
  it: 'Software and IT',
  bank: 'Banking',
  'call-centre': 'Call centre',
  freelancer: 'Freelancer',
  university: 'University',
  mission: 'Mission',
  enterprise: 'Other enterprise',
  other: 'Other',
};

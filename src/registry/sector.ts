/** The sectors of holders. Codes are stable numbers; 0 means no registration. */
export const Sector = {
  NONE: 0,
  IT: 1,
  BANK: 2,
  CALL_CENTRE: 3,
  FREELANCER: 4,
  UNIVERSITY: 5,
  MISSION: 6,
  ENTERPRISE: 7,
  OTHER: 8,
} as const;
export type Sector = (typeof Sector)[keyof typeof Sector];

/** Names by code, as in registry files and policies. */
export const SECTOR_NAMES = [
  'none',
  'it',
  'bank',
  'call-centre',
  'freelancer',
  'university',
  'mission',
  'enterprise',
  'other',
] as const;

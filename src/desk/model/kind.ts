/** The kinds of applicants. The kind decides what the form asks, and the sector under which the registry has them. */
import type { SECTOR_NAMES } from '../../registry/sector.ts';

export type SectorName = Exclude<(typeof SECTOR_NAMES)[number], 'none'>;

export interface Kind {
  readonly title: string;
  /** The sector of the registry; null where the applicant chooses. */
  readonly sector: SectorName | null;
  /** The paper that is asked for. */
  readonly evidence: string;
  /** The applicant is a person, who is in the registry as "freelancer". */
  readonly isPerson: boolean;
}

export const KIND_NAMES = [
  'company',
  'software-house',
  'bank',
  'call-centre',
  'university',
  'mission',
  'freelancer',
] as const;
export type KindName = (typeof KIND_NAMES)[number];

const CERTIFICATE = 'Certificate of registration of the organisation';

export const KINDS: Readonly<Record<KindName, Kind>> = {
  company: { title: 'Company or other organisation', sector: null, evidence: CERTIFICATE, isPerson: false },
  'software-house': { title: 'Software house', sector: 'it', evidence: CERTIFICATE, isPerson: false },
  bank: { title: 'Bank', sector: 'bank', evidence: CERTIFICATE, isPerson: false },
  'call-centre': {
    title: 'Call centre',
    sector: 'call-centre',
    evidence: 'Certificate of the call centre',
    isPerson: false,
  },
  university: {
    title: 'University',
    sector: 'university',
    evidence: 'Charter or letter of the registrar',
    isPerson: false,
  },
  mission: {
    title: 'Diplomatic mission or international organisation',
    sector: 'mission',
    evidence: 'Note or letter of the mission',
    isPerson: false,
  },
  freelancer: {
    title: 'Freelancer or remote employee',
    sector: 'freelancer',
    evidence: 'Letter of the employer or client',
    isPerson: true,
  },
};

/** How a person is named in the registry. */
export const PERSON_HOLDER = 'freelancer';

export function isKind(text: string): text is KindName {
  return (KIND_NAMES as readonly string[]).includes(text);
}

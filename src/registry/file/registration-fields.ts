/**
 * The fields of a registry file, and their indexes in a row. These names in this order are the header; `scope` may be
 * added as the last.
 */
export const REGISTRY_FIELDS = [
  'prefix',
  'holder',
  'sector',
  'protocols',
  'valid_from',
  'valid_until',
  'reference',
] as const;

export const SCOPED_FIELDS = [...REGISTRY_FIELDS, 'scope'] as const;

export const PREFIX = 0;
export const HOLDER = 1;
export const SECTOR = 2;
export const PROTOCOLS = 3;
export const VALID_FROM = 4;
export const VALID_UNTIL = 5;
export const REFERENCE = 6;
export const SCOPE = 7;

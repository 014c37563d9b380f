/** The modes of a policy: decisions are only counted, or also carried out. */
export const MODE_NAMES = ['observe', 'enforce'] as const;
export type Mode = (typeof MODE_NAMES)[number];

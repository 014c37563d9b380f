/**
 * What follows when a limit would be exceeded: nothing is enforced any more, or nothing against flows that are only
 * suspected.
 */
export const THEN_NAMES = ['observe', 'ignore-suspected'] as const;
export type Then = (typeof THEN_NAMES)[number];

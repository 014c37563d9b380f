/**
 * Groups in which clients are counted: one for each stage of findings, and one for any stage. Codes are those of
 * dataplane/host/finding, so the stage of a finding is also its group.
 */
import { Stage } from '../dataplane/host/finding.ts';

export const ClientGroup = { ANY: 0, SUSPECTED: Stage.SUSPECTED, CONFIRMED: Stage.CONFIRMED } as const;
export type ClientGroup = (typeof ClientGroup)[keyof typeof ClientGroup];
export const GROUP_NAMES = ['any', 'suspected', 'confirmed'] as const;
export const GROUPS = GROUP_NAMES.length;

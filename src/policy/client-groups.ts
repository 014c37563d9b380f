/**
 * Groups in which clients are counted: by the stage of their findings, and all. The numbers of the stages are those of
 * dataplane/fingerprint/finding, so a finding's stage is its group.
 */
import { Stage } from '../dataplane/fingerprint/finding.ts';

export const ClientGroup = { ANY: 0, SUSPECTED: Stage.SUSPECTED, CONFIRMED: Stage.CONFIRMED } as const;
export type ClientGroup = (typeof ClientGroup)[keyof typeof ClientGroup];
export const GROUP_NAMES = ['any', 'suspected', 'confirmed'] as const;
export const GROUPS = GROUP_NAMES.length;

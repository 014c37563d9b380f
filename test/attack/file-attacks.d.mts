import type { Attack } from './flow-attacks.mjs';

export const FILE_ATTACKS: Readonly<Record<string, Attack>>;

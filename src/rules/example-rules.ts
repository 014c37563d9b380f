/** Paths of the project's example rules, the defaults of the commands. */
import { fileURLToPath } from 'node:url';

export const DEFAULT_POLICY = fileURLToPath(new URL('../../rules/policy.yaml', import.meta.url));
export const DEFAULT_REGISTRY = fileURLToPath(new URL('../../rules/registry.csv', import.meta.url));

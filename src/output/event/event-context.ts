/** The policy and the registry in use: fields of every decision event. */
import type { infer as Infer } from 'zod/mini';
import type { Rules } from '../../decision/rules.ts';
import type { decisionEvent } from './schema/flow-schema.ts';

export type EventContext = Pick<Infer<typeof decisionEvent>, 'policy' | 'registry'>;

export function contextOf({ policy, registry }: Pick<Rules, 'policy' | 'registry'>): EventContext {
  return { policy: { name: policy.name, sha256: policy.sha256 }, registry: { sha256: registry.sha256 } };
}

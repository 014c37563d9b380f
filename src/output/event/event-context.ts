/** The policy and the registry that decision events name. */
import type { Rules } from '../../decision/rules.ts';
import type { EventContext } from './event-fields.ts';

export function contextOf({ policy, registry }: Pick<Rules, 'policy' | 'registry'>): EventContext {
  return { policy: { name: policy.name, sha256: policy.sha256 }, registry: { sha256: registry.sha256 } };
}

/** Compiles the checked shape of a policy's `safety`, in either of its two forms, into the limits of the breaker. */
import { parseDuration, parsePercent } from './action.ts';
import { type ClientGroup, GROUP_NAMES } from './client-groups.ts';
import { DEFAULT_FLOOR, DEFAULT_SAFETY, type Limit, limitingShare, oneWindow, type Safety } from './limits.ts';
import type { Then } from './then.ts';
import type { LimitShape, PolicyShape } from './policy-schema.ts';

export function compileSafety(shape: NonNullable<PolicyShape['safety']>): Safety {
  const registered = shape.registered ?? 0;
  if (!('window' in shape)) return { limits: shape.limits?.map(compileLimit) ?? DEFAULT_SAFETY.limits, registered };
  const { window, max_clients_affected: clients, max_share_affected: share } = shape;
  return { ...oneWindow(parseDuration(window), clients, parsePercent(share)), registered };
}

function compileLimit({ window, stage, clients, share, floor, then }: LimitShape): Limit {
  return {
    windowUs: parseDuration(window),
    group: (GROUP_NAMES as readonly string[]).indexOf(stage ?? 'any') as ClientGroup,
    clients,
    share: share === undefined ? null : limitingShare(parsePercent(share)),
    floor: floor ?? DEFAULT_FLOOR,
    then: (then ?? 'observe') as Then,
  };
}

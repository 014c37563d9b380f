/** The project's terms as pages show them. */
import { PROTOCOL_TITLES } from '../../../../core/protocol.ts';

export const terms = {
  actions: { allow: 'Allow', throttle: 'Throttle', block: 'Block' } as Record<string, string>,
  stages: { suspected: 'Suspected', confirmed: 'Confirmed' } as Record<string, string>,
  modes: { observe: 'Observe', enforce: 'Enforce' } as Record<string, string>,
  severities: { good: 'Good', notice: 'Notice', warning: 'Warning', critical: 'Critical' } as Record<string, string>,
  protocols: { ...PROTOCOL_TITLES, '': 'None' } as Record<string, string>,
  sectors: {
    it: 'IT',
    bank: 'Bank',
    'call-centre': 'Call centre',
    freelancer: 'Freelancer',
    university: 'University',
    mission: 'Mission',
    enterprise: 'Enterprise',
    other: 'Other',
    '': 'None',
  } as Record<string, string>,
  registered: {
    none: 'Neither end',
    source: 'Source',
    destination: 'Destination',
    both: 'Both ends',
    'source,destination,both': 'Either end, or both',
    other: 'Another protocol',
  } as Record<string, string>,
  /** Registered hits: which, and what became of them. */
  harmKinds: {
    in_force: 'Registered hit',
    on_purpose: 'On purpose',
    other_protocol: 'Registered for another protocol',
  } as Record<string, string>,
  harmOutcomes: { would: 'Would have been hit', prevented: 'Prevented', done: 'Hit' } as Record<string, string>,
  /** A limit of the breaker, and why it trips. */
  limit: (window: string, group: string): string => `${window}, ${group}`,
  limitGroups: { confirmed: 'confirmed findings', suspected: 'suspected findings', any: 'all findings' } as Record<
    string,
    string
  >,
  tripCauses: {
    clients: 'too many clients would newly be hit',
    share: 'too large a part of the clients would newly be hit',
    registered: 'registered users would be hit, which no rule means',
    state: 'what it had seen before a restart could not be read',
  } as Record<string, string>,
  tripOf: (cause: string, limit: string): string => `${cause} (${limit})`,
  outcomes: { forwarded: 'Forwarded', delayed: 'Delayed', dropped: 'Dropped' } as Record<string, string>,
};

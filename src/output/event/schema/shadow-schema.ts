/** The events of a shadow: a second set of rules that decides beside the active one and never acts. */
import * as z from 'zod/mini';
import { OUTCOME_NAMES } from '../../../dataplane/host/outcome.ts';
import { actionPairs, countsOf, trip } from './daemon-schema.ts';
import { count, countsByName, flag, list, name, sha256, text, time } from './field.ts';
import { action, registrations, tuple, vpn } from './flow-schema.ts';
import { context, origin } from './last-fields.ts';

const STATES = ['began', 'summary', 'registered-hit', 'would-trip', 'failed', 'ended'];
const END_REASONS = ['asked', 'replaced', 'stopped'];

/** Counts of flows and clients, by the words of the change guard's figures: before is active, after is the shadow. */
const counts = {
  registered_hit: count('Newly hit clients with a registration in force'),
  deregistered: count('Newly hit clients who are registered in the registry in use alone'),
  newly_hit: count('Clients whom the shadow throttles or blocks and the active rules do not'),
  no_longer_hit: count('The reverse'),
  actions: actionPairs('Flows by the actions of the active rules and of the shadow'),
  flows: count('Flows compared'),
  flows_left_out: count('Flows whose clients were not counted because there were too many'),
};

/** Without what is forwarded, which is not counted. */
const affected = (description: string): ReturnType<typeof countsOf> => countsOf(OUTCOME_NAMES.slice(1), description);

const sinceBegan = z.strictObject({
  ...counts,
  registered_flows: count('Newly hit flows of clients of the first two counts'),
  packets: affected('Packets by what the shadow would have done to them'),
  bytes: affected('Their bytes'),
});

const lastHour = z.strictObject({
  at: time('Packet time at which both sets of rules decided these flows'),
  ...counts,
  clients: count('Clients of the flows'),
  hits_by_rule: countsByName('Newly hit clients by rule of the shadow'),
});

const wouldTrip = z.strictObject({
  timestamp: time('Packet time'),
  then: trip.shape.then,
  cause: trip.shape.cause,
  limit: trip.shape.limit,
  clients_affected: trip.shape.clients_affected,
  clients_seen: trip.shape.clients_seen,
  clients_allowed: trip.shape.clients_allowed,
  rule: text('The rule that would have hit one client more'),
});

const side = z.strictObject({
  action: action('What it does to the flow'),
  rule: z.nullable(text('The rule that decided; null if none matched')),
});

/** The rules of a shadow: in each of its events. */
const shadowName = {
  ...context,
  registry: z.strictObject({
    sha256: sha256('Hash of the registry that it decides by'),
    own: flag('It has a registry of its own; else it is the one in use'),
  }),
};

const figures = {
  since: time('Packet time at which it began'),
  since_began: sinceBegan,
  last_hour: lastHour,
  would_trip: list(wouldTrip, 'Trips that the breaker of its policy would have had'),
};

export const shadowFigures = z.strictObject({ ...shadowName, ...figures });

export const shadowEvent = z.strictObject({
  timestamp: time('Packet time at which it took effect'),
  event_type: z.literal('shadow'),
  // The flow of a registered-hit.
  ...z.partial(z.strictObject(tuple)).shape,
  vpn: z.optional(z.strictObject(vpn)),
  registration: z.optional(registrations),
  shadow: z.strictObject({
    state: name(STATES, 'What happened'),
    reason: z.optional(name(END_REASONS, 'ended: why')),
    ...shadowName,
    ...z.partial(z.strictObject(figures)).shape,
    problems: z.optional(count('failed: problems in its files')),
    trip: z.optional(trip),
    active: z.optional(side),
    candidate: z.optional(side),
    deregistered: z.optional(flag('registered-hit: the registration is in the registry in use alone')),
  }),
  ...origin,
});

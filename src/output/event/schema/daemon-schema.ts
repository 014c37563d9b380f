/** The daemon's own events: the safety breaker, harm, reloads, dates of the rules, operators, and periodic counts. */
import * as z from 'zod/mini';
import { FLOW_END_NAMES } from '../../../dataplane/host/flow-end.ts';
import { OUTCOME_NAMES } from '../../../dataplane/host/outcome.ts';
import { TRIP_CAUSES } from '../../../decision/breaker/trip.ts';
import { HIT_KIND_NAMES, HIT_OUTCOME_NAMES } from '../../../decision/registered-hits.ts';
import { ACTION_NAMES } from '../../../policy/action.ts';
import { EXCEEDED_LIMITS } from '../../../policy/excess-words.ts';
import { THEN_NAMES } from '../../../policy/then.ts';
import { MODE_NAMES } from '../../../policy/mode.ts';
import { amount, count, countsByName, flag, list, name, patterned, sha256, text, time } from './field.ts';
import { context, origin } from './last-fields.ts';

const RELOAD_RESULTS = ['success', 'failure', 'unchanged', 'refused'];
/** The names of counts of flows by the actions before and after, like `allow-block`. */
const ACTION_PAIR = `^(${ACTION_NAMES.join('|')})-(${ACTION_NAMES.join('|')})$`;

const mode = name(MODE_NAMES, 'Mode in use');

const before = { timestamp: time('Packet time at which it took effect') };

/** An object with one field for each name. */
export function countsOf(
  names: readonly string[],
  description: string,
): z.ZodMiniType<Readonly<Record<string, number>>> {
  const fields = Object.fromEntries(names.map((field) => [field, count('')]));
  return z.strictObject(fields).check(z.describe(description));
}

export const hitCounts = z
  .strictObject(
    Object.fromEntries(HIT_KIND_NAMES.slice(1).map((kind) => [kind, countsOf(HIT_OUTCOME_NAMES.slice(1), kind)])),
  )
  .check(z.describe('Packets of registered users that a rule hit, by kind and by what came of it'));

const rules = z
  .strictObject({
    sha256: sha256('Hash of the pair of policy and registry'),
    policy_version: z.optional(count("Version in the policy's manifest")),
    registry_version: z.optional(count("Version in the registry's manifest")),
  })
  .check(z.describe('The rules in use after it'));

/** Flows by pairs of actions. */
export function actionPairs(description: string): z.ZodMiniRecord<z.ZodMiniString, z.ZodMiniNumber> {
  return z
    .record(z.string().check(z.regex(new RegExp(ACTION_PAIR))), z.int().check(z.minimum(0)))
    .check(z.describe(description));
}

const families = z.strictObject({
  ipv4: count('Addresses'),
  ipv6: patterned(String.raw`^\d+$`, 'Addresses, as a text: they exceed 2^53'),
});

/** What a change of rules would do, on the recorded flows of the last hour. */
const figures = z.strictObject({
  registrations: z.strictObject({
    before: count('In force before'),
    after: count('In force after'),
    lost: count('In force before and not after'),
  }),
  lost_by_sector: countsByName('Lost registrations by sector'),
  addresses: z.strictObject({ before: families, after: families, lost: families }),
  flows: count('Flows compared'),
  flows_left_out: count('Flows left out because there were too many'),
  actions: actionPairs('Flows by the actions before and after'),
  clients: count('Their clients'),
  newly_hit: count('Clients hit after and not before'),
  no_longer_hit: count('Clients hit before and not after'),
  registered_hit: count('Newly hit clients with a registration in force'),
  deregistered: count('Newly hit clients that lose their registration'),
  hits_by_rule: countsByName('Newly hit clients by rule'),
  enforced: flag('The rules after the change are enforced'),
});

const reasons = list(z.string(), 'The limits that it exceeds, as sentences');

const exceeded = list(
  z.strictObject({
    limit: name(EXCEEDED_LIMITS, 'The limit: of registrations in force, of clients of a kind, or of the breaker'),
    seen: count('What the change would lose or hit'),
    allowed: count('How many may be'),
    of: z.nullable(count('The number that they are a part of; null where the limit is not about a part')),
    stage: z.nullable(
      text('The stage of flows that a limit of the breaker counts; null for any, and for other limits'),
    ),
    window: z.nullable(count('The window of a limit of the breaker, seconds; null for other limits')),
  }),
  'The same limits, as numbers',
);

/** A trip of the safety breaker. */
export const trip = z.strictObject({
  then: name(THEN_NAMES, 'Effect of the trip'),
  cause: name(TRIP_CAUSES, 'Cause of the trip'),
  limit: z.nullable(text('The limit that would have been exceeded; null where the cause is none')),
  clients_affected: count('Clients newly hit, with the one that was not'),
  clients_seen: count('Clients with a finding'),
  clients_allowed: count('Clients that may newly be hit'),
  rule: z.nullable(text('The rule that would have hit one client more; null if there is none')),
  flows: list(z.string(), 'flow_id of the latest affected flows'),
  sources: list(z.string(), 'Their clients'),
});

export const breakerEvent = z.strictObject({
  ...before,
  event_type: z.literal('breaker'),
  breaker: z.strictObject({
    state: name(['tripped', 'reset'], 'What happened; the fields after mode belong to a trip'),
    mode,
    ...z.partial(trip).shape,
  }),
  ...origin,
});

export const harmEvent = z.strictObject({
  ...before,
  event_type: z.literal('harm'),
  harm: z.strictObject({
    state: name(['cleared'], 'What happened'),
    reason: text("The operator's reason"),
    before: hitCounts,
  }),
  ...origin,
});

export const reloadEvent = z.strictObject({
  ...before,
  event_type: z.literal('reload'),
  reload: z.strictObject({
    result: name(RELOAD_RESULTS, 'refused: valid, and beyond a limit of the guard'),
    mode,
    flows: count('Flows that were decided again'),
    changed: count('Decisions that changed'),
    problems: count('Problems in the files'),
    change: z.optional(
      z.strictObject({
        sha256: sha256('Hash of the pair that was tried'),
        confirmed: flag('An operator has confirmed it'),
        reasons,
        exceeded,
        figures,
      }),
    ),
  }),
  rules,
  ...context,
  ...origin,
});

export const calendarEvent = z.strictObject({
  ...before,
  event_type: z.literal('calendar'),
  calendar: z.strictObject({
    state: name(['ahead', 'held', 'passed', 'confirmed'], 'Where the date stands'),
    lead: z.nullable(text('Time until the date, like 24h; null at the date itself')),
    from: time('The first of the dates that are tried together'),
    until: time('The last of them'),
    reasons,
    exceeded,
    figures,
  }),
  rules,
  ...origin,
});

const operator = z.strictObject({
  via: name(['socket', 'signal', 'console'], 'How it was asked for'),
  uid: z.optional(count('User of the socket')),
  sudo_uid: z.optional(count('User who called sudo')),
  signal: z.optional(text('Name of the signal')),
  account: z.optional(text('Account of the console')),
});

const shadowFiles = {
  policy: text('The policy'),
  registry: z.nullable(text('Its own registry; null for the one in use')),
};

/** The hashes of a shadow, for the record of an action. */
function shadowHashes(
  when: string,
): z.ZodMiniNullable<z.ZodMiniObject<Record<'policy' | 'registry', z.ZodMiniString>>> {
  const hashes = { policy: sha256('Hash of the policy'), registry: sha256('Hash of the registry') };
  return z.nullable(z.strictObject(hashes)).check(z.describe(`The shadow ${when} it; null for none`));
}

export const actionEvent = z.strictObject({
  ...before,
  event_type: z.literal('action'),
  action: z.strictObject({
    what: text('reload, confirm, reset, clear-harm, forget, shadow-on, shadow-off, shadow-read'),
    who: operator,
    at: text('Wall-clock time, ISO 8601'),
    result: name(RELOAD_RESULTS, 'What came of it'),
    rules_before: sha256('Hash of the rules before it'),
    rules_after: sha256('Hash of the rules after it'),
    candidate: z.optional(sha256('reload: hash of the rules that were tried')),
    confirmed: z.optional(sha256('confirm: the hash that was confirmed')),
    date: z.optional(text('confirm: the date that was confirmed')),
    reason: z.optional(text("clear-harm: the operator's reason")),
    harm_before: z.optional(hitCounts),
    shadow: z.optional(name(RELOAD_RESULTS, 'reload: what came of reading the files of the shadow')),
    files: z.optional(z.nullable(z.strictObject(shadowFiles)).check(z.describe('shadow-on: the files that were read'))),
    shadow_before: z.optional(shadowHashes('before')),
    shadow_after: z.optional(shadowHashes('after')),
    forgotten: z.optional(
      z.strictObject({
        ended_flows: count('Ended flows that were kept'),
        shadow_clients: count('Clients of whom the shadow had counted hits'),
        files: list(z.string(), 'Files that were removed'),
      }),
    ),
  }),
  ...origin,
});

export const gapEvent = z.strictObject({
  ...before,
  event_type: z.literal('gap'),
  gap: z.strictObject({
    from: time('The last packet that the flows have'),
    until: time('The first packet after the restart'),
    seconds: amount('Between the two; 0 where a clock was set back'),
    flows: count('Flows that go on'),
  }),
  ...origin,
});

export const statsEvent = z.strictObject({
  ...before,
  event_type: z.literal('stats'),
  stats: z.strictObject({
    packets: count('Packets since the start, like all counts here'),
    bytes: count('Their bytes'),
    in_flows: count('Packets counted with a flow'),
    not_decoded: countsByName('Packets of no flow, by what prevented it'),
    capture: z.strictObject({
      dropped: countsByName('Packets that were lost, by who lost them'),
      restarts: count('Restarts of the capture'),
      gap_seconds: amount('Seconds without a capture'),
      stalls: count('Times that the source gave nothing for too long'),
      files: z.optional(countsByName('Files of a spool by their state')),
    }),
    flows: z.strictObject({
      active: count('Flows being tracked now'),
      started: count('Flows that have begun'),
      split: count('Flows that ended and went on'),
      ended: countsOf(FLOW_END_NAMES, 'Flows by the reason of their end'),
    }),
    decisions: countsOf(ACTION_NAMES, 'Decisions by action'),
    outcome_packets: countsOf(OUTCOME_NAMES, 'Packets by what the simulation did to them'),
    registered_hits: hitCounts,
    mode,
    breaker: z.strictObject({
      tripped: flag('Nothing is enforced'),
      ignores_suspected: flag('Flows that are only suspected are left alone'),
      trips: count('Trips since the start'),
    }),
    lines_dropped: count('Lines of event logs that were lost'),
  }),
  ...origin,
});

/** The figures of a change of rules as the console shows them: of a reload, of a date, or of a draft. */
import { coarseClients, coarseParts } from '../../core/small-group.ts';
import type { ShowAddress } from '../../output/event/shown-address.ts';
import type { ChangeEvaluation, FlowEvaluation, RegisteredUser } from '../../policy/change-evaluation.ts';
import { coarseExcess } from '../../policy/coarse-excess.ts';
import { actionFigures, type Excess } from '../../policy/change-verdict.ts';
import type { AddressForm } from '../../output/event/address-forms.ts';
import type { User } from '../../web/api/route.ts';
import type { ChangeFigures, ChangeVerdict } from '../../web/api/rules-schema.ts';

/** What decides how much of a registration a user sees. */
export interface ShownRegistrations {
  readonly addresses: AddressForm;
  readonly show: ShowAddress;
}

/**
 * Prefixes, holders and references are shown to users with an account, and only where the daemon shows addresses as
 * they are.
 */
export function hidesRegistrations({ addresses }: ShownRegistrations, user: User | null): boolean {
  return user === null || addresses !== 'plain';
}

export function shownFigures(evaluation: FlowEvaluation, shown: ShownRegistrations, user: User | null): ChangeFigures {
  return {
    registered_hit: coarseClients(evaluation.registeredHit),
    deregistered: coarseClients(evaluation.deregistered),
    newly_hit: coarseClients(evaluation.newlyHit),
    no_longer_hit: coarseClients(evaluation.noLongerHit),
    clients: coarseClients(evaluation.clients),
    flows: evaluation.flows,
    flows_left_out: evaluation.flowsLeftOut,
    actions: actionFigures(evaluation.flowsByAction),
    hits_by_rule: coarseParts(Object.fromEntries(evaluation.hitsByRule)),
    users: evaluation.registeredUsers.map((one) => shownUser(one, shown, user)),
  };
}

export interface EvaluatedChange {
  readonly sha256: string;
  readonly evaluation: ChangeEvaluation;
  readonly excesses: readonly Excess[];
}

export function shownVerdict(
  { sha256, evaluation, excesses }: EvaluatedChange,
  shown: ShownRegistrations,
  user: User | null,
): ChangeVerdict {
  const { inForceBefore: before, inForceAfter: after, lost } = evaluation.coverage;
  return {
    sha256,
    reasons: excesses.map(coarseExcess),
    refused: excesses.some(({ refuses }) => refuses),
    figures: shownFigures(evaluation, shown, user),
    registrations: { before, after, lost },
  };
}

/** A pseudonym of the reference is shown only to those who see the same one in decisions. */
function shownUser(
  { rule, deregistered, registration }: RegisteredUser,
  shown: ShownRegistrations,
  user: User | null,
): ChangeFigures['users'][number] {
  const { sector, prefix, holder, reference } = registration;
  if (!hidesRegistrations(shown, user)) return { rule, deregistered, sector, prefix, holder, reference };
  const name = user === null ? null : shown.show.registration(registration).reference;
  return { rule, deregistered, sector, prefix: null, holder: null, reference: name };
}

/** Registered users affected: the first section, because no rule should affect any. */
import { clients, count, counted } from './figure-text.ts';
import { html, type Html, name, NOTHING } from './html.ts';
import type { Section } from './page.ts';
import type { ReplayReportData } from './replay-report-data.ts';
import { table } from './table.ts';

const KIND_TEXTS: Readonly<Record<string, string>> = {
  in_force: 'A registration is in force for the flow',
  on_purpose: 'The same, and the rule is meant to hit registered users',
  other_protocol: 'The registration covers the address, but not this protocol',
};

export function registeredSection({ report, registered_hits: hits, mode, breaker }: ReplayReportData): Section {
  const { registered } = report;
  const isObserved = mode === 'observe';
  const rows = Object.entries(KIND_TEXTS).map(([kind, text]) => {
    const { would = 0, prevented = 0, done = 0 } = hits[kind] ?? {};
    return [text, count(would), count(prevented), count(done)];
  });
  const owned = counted(registered.registrations, 'registration');
  const owners = registered.clients > 0 ? html`<p>Their flows belong to ${owned}.</p> ` : NOTHING;
  return {
    title: 'Registered users affected',
    body: html`${registeredLead(registered.clients, isObserved)}
    ${owners}${onPurpose(registered.on_purpose_clients)}${holders(registered.most_hit)}${table(
      {
        caption:
          'Decisions to throttle or block a flow with a registered end. A flow may be decided several times, ' +
          'so these are not users.',
        head: ['why the end counts as registered', 'only counted', 'stopped by the breaker', 'carried out'],
      },
      rows,
    )}${breaker === null ? NOTHING : breakerText(breaker.would_trip.length)}`,
  };
}

/** The number in large letters: 0 is said like any other. */
export function registeredLead(affected: number, isObserved: boolean): Html {
  const noun = affected === 1 ? 'registered user' : 'registered users';
  const verb = isObserved
    ? ' would be affected if these decisions were enforced.'
    : ' would be affected by these rules.';
  return html`<p class="lead"><strong>${clients(affected)}</strong> ${noun}${verb}</p>
    <p>
      A registered user is a client, by address, with a flow that a rule throttles or blocks although a registration in
      force covers one of its ends.
    </p>`;
}

function onPurpose(affected: number): Html {
  if (affected === 0) return NOTHING;
  return html`<p>
    Apart from these, a rule that is meant to hit registered users affects ${clients(affected)} clients.
  </p> `;
}

function holders(most: ReplayReportData['report']['registered']['most_hit']): Html {
  if (most === null || most.length === 0) return NOTHING;
  return table(
    { caption: 'Registrations affected most', head: ['holder', 'prefix', 'sector', 'decisions'], texts: 3 },
    most.map(({ holder, prefix, sector, decisions }) => [name(holder), name(prefix), name(sector), count(decisions)]),
  );
}

function breakerText(trips: number): Html {
  return trips === 0
    ? html`<p>The safety breaker would not have tripped: the traffic stays within the limits of the policy.</p> `
    : html`<p>
        <strong>The safety breaker would have tripped.</strong> In the daemon it stops enforcement when a rule affects
        too many clients at once. The simulation goes on without it, so that the whole effect is seen.
      </p> `;
}

/** The report of a comparison: what other rules would change, registered users first. */
import type { PairFields } from '../compare/comparison-json.ts';
import { changesSection } from './changes-section.ts';
import type { CompareReportData } from './compare-report-data.ts';
import { comparedTimeSection } from './compared-time-section.ts';
import { bytes, clients, count, counted } from './figure-text.ts';
import { HIT_EXPLAINED } from './group-words.ts';
import { html, type Html, name, NOTHING } from './html.ts';
import { noticesOf } from './notices.ts';
import { pageText, type Section } from './page.ts';
import { provenanceSection } from './provenance-section.ts';
import { readingSection } from './reading-section.ts';
import { throttleBody } from './throttle-section.ts';
import { table, terms } from './table.ts';

/** `madeAt`: ISO 8601, UTC. */
export function compareReport(data: CompareReportData, madeAt: string): string {
  const { rules, captures, packets, vpn_flows: vpnFlows } = data;
  const others = rules.slice(1).map(({ name: letter }) => letter);
  return pageText({
    kicker: 'Sluice · report of a comparison',
    title: 'What other rules would change',
    subtitle: html`The rules A and ${others.join(', ')}, each decided on the same ${counted(packets, 'packet')} and
    ${counted(vpnFlows, 'VPN flow')} of ${counted(captures, 'capture')}, as if all were enforced.`,
    madeAt,
    notices: noticesOf(data, packets, true),
    sections: [
      {
        title: 'Registered users newly hit',
        body: html`${data.changes.map((pair, at) => registeredPart(data, pair, at))}
          <p class="note">
            ${HIT_EXPLAINED} A client, by address, is newly hit where the other rules hit a flow of it and A hits none.
            A registered user is newly hit where a flow is hit that a registration covers and that A does not hit. The
            safety breaker stops all enforcement when too many clients would be hit at once.
          </p>`,
      },
      rulesSection(data),
      ...data.changes.map((pair) => changesSection(pair)),
      comparedTimeSection(data),
      ...rules.map(({ name: letter, throttles }) => ({
        title: `What throttled users would feel under ${letter}`,
        body: throttleBody(throttles, letter),
      })),
      readingSection(),
      provenanceSection(data.provenance),
    ],
  });
}

/** The first line of the comparison, in large letters. */
function registeredPart({ rules, report }: CompareReportData, pair: PairFields, at: number): Html {
  const { registered_users_newly_hit: registered, clients: all } = pair;
  const to = rules.find(({ name: letter }) => letter === pair.to)!;
  const trips = to.breaker.would_trip.length > 0;
  const holders = report.newly_hit_registrations[at] ?? [];
  return html`<p class="lead">
      <strong>${clients(registered.clients)}</strong> registered ${registered.clients === 1 ? 'user' : 'users'} would
      newly be hit by ${pair.to}.
    </p>
    <p>
      ${
        registered.clients === 0
          ? NOTHING
          : html`Their flows belong to ${counted(registered.registrations, 'registration')};
            ${clients(registered.deregistered)} of these users lose their registration. ${alreadyHit(pair)}`
      }${clients(all.newly_hit)}
      of ${count(all.all)} clients with a VPN would newly be hit, ${clients(all.no_longer_hit)} no longer.
      ${
        trips
          ? html`<strong>The safety breaker of ${pair.to} would trip.</strong>`
          : html`The safety breaker of ${pair.to} would not trip.`
      }
    </p>
    ${
      holders.length === 0
        ? NOTHING
        : table(
            {
              caption: 'Registrations hit most',
              head: ['holder', 'prefix', 'sector', 'registered after', 'flows'],
              texts: 4,
            },
            holders.map((row) => [
              name(row.holder),
              name(row.prefix),
              name(row.sector),
              row.deregistered ? 'no' : 'yes',
              count(row.flows),
            ]),
          )
    }`;
}

/** Why there may be more registered users newly hit than clients newly hit. */
function alreadyHit({ from, registered_users_newly_hit: registered }: PairFields): Html {
  if (registered.already_hit === 0) return NOTHING;
  return html`${clients(registered.already_hit)} of these users have other flows that ${from} hits already, so they are
  not among the clients newly hit. `;
}

function rulesSection({
  rules,
  captures,
  packets,
  bytes: size,
  flows,
  vpn_flows: vpnFlows,
}: CompareReportData): Section {
  return {
    title: 'What was compared',
    body: html`${table(
      { caption: 'The sets of rules', head: ['set', 'policy', 'rules', 'registrations'], texts: 2 },
      rules.map(({ name: letter, policy, registry }) => [
        letter,
        name(policy.name),
        count(policy.rules),
        count(registry.entries),
      ]),
    )}${terms([
      ['Captures', count(captures)],
      ['Packets', html`${count(packets)}, ${bytes(size)}`],
      ['Flows', count(flows)],
      ['Flows with a VPN', count(vpnFlows)],
    ])}`,
  };
}

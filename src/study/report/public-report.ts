/**
 * Reports for the public: fixed tables by one property each, with rounded counts. They name no flow, holder, address,
 * rule or file.
 */
import { PROPERTIES } from '../compare/change-groups.ts';
import type { PairFields } from '../compare/comparison-json.ts';
import type { CompareReportData, CompareReportFigures } from './compare-report-data.ts';
import { groupTitle, HIT_EXPLAINED, STAGES_EXPLAINED } from './group-words.ts';
import { SMALLEST_GROUP, time } from './figure-text.ts';
import { html, type Html, name, NOTHING, type Part } from './html.ts';
import { noticesOf } from './notices.ts';
import { pageText, type Section } from './page.ts';
import { type Group, publicGroups, publicText, rounded } from './public-groups.ts';
import { setPrefix } from './provenance-section.ts';
import type { ReplayReportData } from './replay-report-data.ts';
import { table, terms } from './table.ts';

/** `madeAt`: ISO 8601, UTC. */
export function publicReplayReport(data: ReplayReportData, madeAt: string): string {
  const { report, mode, packets } = data;
  const { registered, vpn } = report;
  const observed =
    mode === 'observe' ? ' would be affected if these decisions were enforced' : ' would be affected by these rules';
  const outside = report.not_decoded.reduce((sum, { packets: part }) => sum + part, 0);
  return pageText({
    kicker: 'Sluice · public report of a replay',
    title: 'What the rules do to the VPN traffic of a recording',
    subtitle: html`All counts in this report are rounded. Mode: <strong>${mode}</strong>.`,
    madeAt,
    notices: publicNotices(data),
    sections: [
      { title: 'Registered users affected', body: lead(registered.clients, observed) },
      {
        title: 'What was recorded',
        body: terms([
          ['Packets', publicText(packets.read)],
          ['Packets outside of flows, such as ARP and ICMP', publicText(outside)],
          ['Flows', publicText(data.flows.total)],
          ['Flows with a VPN', publicText(vpn.clients < 5 ? vpn.clients : vpn.flows)],
          ['Clients of these', publicText(vpn.clients)],
        ]),
      },
      groupsSection(
        'By protocol',
        'protocol',
        groupsOf(report.protocols, ({ protocol }) => groupTitle('protocol', protocol)),
      ),
      groupsSection(
        'By stage of the finding',
        'stage',
        groupsOf(report.stages, ({ stage }) => stage),
      ),
      groupsSection(
        'By decision',
        'action',
        groupsOf(report.actions, ({ action }) => action),
      ),
      roundingSection(),
      originSection(data),
    ],
  });
}

/** `madeAt`: ISO 8601, UTC. */
export function publicCompareReport(data: CompareReportData, madeAt: string): string {
  return pageText({
    kicker: 'Sluice · public report of a comparison',
    title: 'What other rules would change',
    subtitle: html`${setsText(data)} Each set of rules decides the same recorded traffic, as if it were enforced. All
    counts in this report are rounded.`,
    madeAt,
    notices: publicNotices(data),
    sections: [
      ...data.changes.flatMap((pair, at) => [
        newlyHitSection(data, pair),
        ...changeSections(pair, data.report.changed[at]!),
      ]),
      roundingSection(),
      originSection(data),
    ],
  });
}

/** What the letters of the sets of rules stand for. */
function setsText({ rules }: CompareReportData): string {
  const [first, ...others] = rules.map(({ name: letter }) => letter);
  const rest = others.length === 1 ? `${others[0]!} the one` : `${others.join(', ')} those`;
  return `${first!} is the set of rules to start from, and ${rest} to change to.`;
}

/** The clients that would newly be hit, registered users first. */
function newlyHitSection({ rules }: CompareReportData, pair: PairFields): Section {
  const { from, to, registered_users_newly_hit: registered, clients, flows } = pair;
  const trips = rules.find(({ name: letter }) => letter === to)!.breaker.would_trip.length > 0;
  return {
    title: `Registered users newly hit: ${from} → ${to}`,
    body: html`${lead(registered.clients, ` would newly be hit by ${to}`)}${terms([
        ['Clients newly hit', publicText(clients.newly_hit)],
        ['Clients no longer hit', publicText(clients.no_longer_hit)],
        ['Clients with flows that change', publicText(clients.changed)],
        ['All clients with a VPN', publicText(clients.all)],
        ['Flows that change', publicText(clients.changed < SMALLEST_GROUP ? clients.changed : flows.changed)],
        ['All flows with a VPN', publicText(clients.all < SMALLEST_GROUP ? clients.all : flows.all)],
        [`The safety breaker of ${to}`, trips ? 'would trip' : 'would not trip'],
      ])}
      <p>
        ${HIT_EXPLAINED} A client is newly hit where ${to} hits a flow of it and ${from} hits none. A registered user is
        newly hit where ${to} hits a registered flow that ${from} does not hit, even if ${from} hits another flow of
        that user. So there may be more registered users newly hit than clients newly hit.
      </p>
      <p>
        The safety breaker is a limit that a set of rules has: if too many clients would be hit at once, all enforcement
        stops until an operator allows it again.
      </p>`,
  };
}

const CHANGE_TITLES = {
  action: 'by change of action',
  protocol: 'by protocol',
  stage: 'by stage of the finding',
  sector: 'by sector of the registered end',
} as const;

/** One table for each property. Groups are in the order of the numbers that are shown, so that it says no more. */
function changeSections({ from, to }: PairFields, changed: CompareReportFigures['changed'][number]): Section[] {
  return PROPERTIES.map((property) => {
    const groups = changed[property].map(({ value, flows, clients }) => ({
      label: groupTitle(property, value),
      clients,
      flows,
    }));
    const title = `What changes from ${from} to ${to}, ${CHANGE_TITLES[property]}`;
    if (groups.length === 0) return { title, body: html`<p>No flow gets another action.</p>` };
    return groupsSection(
      title,
      property,
      groups.sort((a, b) => shownOrder(b) - shownOrder(a) || (a.label < b.label ? -1 : 1)),
    );
  });
}

/** Small groups are one as large as the other. */
function shownOrder({ clients }: Group): number {
  return clients < SMALLEST_GROUP ? 0 : rounded(clients);
}

function publicNotices(data: ReplayReportData | CompareReportData): Html[] {
  return noticesOf(data, typeof data.packets === 'number' ? data.packets : data.packets.read, false);
}

function lead(registered: number, verb: string): Html {
  return html`<p class="lead"><strong>${publicText(registered)}</strong> registered users${verb}.</p>
    <p>
      A registered user is a client, by address, with a flow that a rule throttles or blocks although a registration in
      force covers one of its ends.
    </p>`;
}

function groupsOf<Row extends Omit<Group, 'label'>>(rows: readonly Row[], label: (row: Row) => string): Group[] {
  return rows.map((row) => ({ label: label(row), clients: row.clients, flows: row.flows }));
}

function groupsSection(title: string, head: string, groups: readonly Group[]): Section {
  const shown = publicGroups(groups);
  if (shown === null) return { title, body: html`<p>Not shown: the groups are too small.</p>` };
  return {
    title,
    body: html`${head === 'stage' ? STAGES_EXPLAINED : NOTHING}${table(
      { caption: 'A client counts in each row in which it has a flow.', head: [head, 'clients', 'flows'] },
      shown.map(({ label, shown: numbers, includesSmall }) => [
        includesSmall ? `${label}, with the groups below 5` : label,
        ...(numbers === null
          ? ['<5', '<5']
          : [numbers.clients, numbers.flows].map((value) => value.toLocaleString('en-US'))),
      ]),
    )}`,
  };
}

function roundingSection(): Section {
  return {
    title: 'How the counts are rounded',
    body: html`<p>
        Every count is rounded to a multiple of 5. A count below 5, and a group of fewer than 5 clients, is shown as
        “&lt;5”; 0 is shown as 0. Each table is by one property only. The clients and flows of a group below 5 are added
        to the first larger group of its table, which says so, so that they cannot be found by subtraction. A table
        whose first larger group is too small for that is not shown.
      </p>
      <p>
        Effects are simulated in an <strong>open loop</strong>: how senders would react to delay and loss is not
        modelled.
      </p>`,
  };
}

/** The provenance without names of files and without the command line. */
function originSection({ provenance }: ReplayReportData | CompareReportData): Section {
  const { version, commit, started, complete, mode, rules } = provenance;
  const rows: (readonly [string, Part])[] = [
    ['Program', html`Sluice ${name(version)}, commit ${name(commit)}`],
    ['Run', html`${time(started)} UTC`],
    ['Mode', mode],
    ['Complete', complete ? 'yes' : 'no'],
  ];
  return {
    title: 'How this report came about',
    body: html`${terms(rows)}${
      rules.length === 0
        ? NOTHING
        : table(
            { caption: 'The content of the rules, by its SHA-256 hash', head: ['what', 'SHA-256'], texts: 2 },
            rules.flatMap(({ policy, registry }, at) => [
              [`${setPrefix(rules, at)}policy`, html`<code class="hash">${name(policy.sha256)}</code>`],
              [`${setPrefix(rules, at)}registry`, html`<code class="hash">${name(registry.sha256)}</code>`],
            ]),
          )
    }`,
  };
}

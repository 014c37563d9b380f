/** The measures: which rules were in force when, in words, with their legal basis. */
import type { PolicyInForce } from './policies-in-force.ts';
import type { ReportContext } from './report-context.ts';
import type { ReportSection, ReportTable } from './report-document.ts';
import { fact } from './monitored-section.ts';
import { localTime } from './local-time.ts';
import { groupsOf } from './sums.ts';

export function measuresSection(context: ReportContext): ReportSection {
  const { policies, period, clock } = context;
  const texts = [...groupsOf(policies, ({ policySha256 }) => policySha256).values()].map(([first]) => first!);
  const rules = texts.flatMap(({ text }) => text?.rules ?? []).filter(({ action }) => action !== 'allowed');
  const remarks: string[] = [];
  const [first] = policies;
  if (first === undefined) remarks.push('The history does not say which rules were in force.');
  else if (first.fromS > period.fromS)
    remarks.push(`The history does not say which rules were in force before ${localTime(first.fromS, clock)}.`);
  return {
    id: 'measures',
    title: 'Measures in force, and their legal basis',
    text: [
      'Rules are tried in order, and the first that fits a VPN connection decides: it is allowed, ' +
        'throttled or blocked. In mode observe the decision is made and counted, and no traffic is ' +
        'affected.',
    ],
    facts: [
      fact('policies', 'Policies in force', texts.length, 'count'),
      fact('measures', 'Rules that throttle or block', rules.length, 'count'),
      fact(
        'without_legal_basis',
        'Rules of these that name no legal basis',
        rules.filter(({ legal_basis: basis }) => basis === null).length,
        'count',
      ),
    ],
    tables: [versionTable(policies), ...texts.map((one, at) => ruleTable(context, one, at, texts.length))],
    remarks,
  };
}

function versionTable(policies: readonly PolicyInForce[]): ReportTable {
  return {
    id: 'policies',
    title: 'Policies in force',
    columns: [
      { name: 'from', unit: 'time' },
      { name: 'to', unit: 'time' },
      { name: 'policy', unit: 'text' },
      { name: 'mode', unit: 'text' },
      { name: 'registrations', unit: 'count' },
      { name: 'SHA-256 of the policy', unit: 'hash' },
      { name: 'SHA-256 of the registry', unit: 'hash' },
    ],
    rows: policies.map(({ fromS, toS, text, mode, registrations, policySha256, registrySha256 }) => [
      fromS,
      toS,
      text?.name ?? '(not kept)',
      mode,
      registrations,
      policySha256,
      registrySha256,
    ]),
    drawn: [],
  };
}

/** The rules of one policy, in their order. Several policies have several tables, with numbers in their names. */
function ruleTable({ showsPrefixes }: ReportContext, policy: PolicyInForce, at: number, of: number): ReportTable {
  const { text, policySha256 } = policy;
  const which = text === null ? policySha256.slice(0, 12) : text.name;
  return {
    id: of === 1 ? 'rules' : `rules-${at + 1}`,
    title:
      text === null
        ? `The text of the policy ${which} is not in the history`
        : `The rules of the policy ${which}${of === 1 ? '' : ` (${at + 1} of ${of})`}`,
    columns: [
      { name: 'rule', unit: 'text' },
      { name: 'applies to', unit: 'text' },
      { name: 'they are', unit: 'text' },
      { name: 'legal basis', unit: 'text' },
      { name: 'review by', unit: 'text' },
    ],
    rows: (text?.rules ?? []).map((rule) => [
      rule.name,
      showsPrefixes ? rule.flows : rule.flows_without_prefixes,
      rule.action,
      rule.legal_basis ?? (rule.action === 'allowed' ? 'none is needed' : 'none is named'),
      rule.review_by ?? 'no date',
    ]),
    drawn: [],
  };
}

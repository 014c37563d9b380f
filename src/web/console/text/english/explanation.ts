/** Texts of the page that explains a decision. */
import { CHECKS } from '../../../../dataplane/host/checks.ts';
import type { VALIDITY_NAMES } from '../../../../registry/registration.ts';
import { conditionWords, rolloutWords, ruleWords, type WordedRule } from '../../../../policy/rule-words.ts';

const VERBS: Readonly<Record<string, readonly [done: string, would: string, unknown: string]>> = {
  allow: ['Allowed', 'Allowed', 'Allowed'],
  throttle: ['Throttled', 'Would be throttled', 'To be throttled'],
  block: ['Blocked', 'Would be blocked', 'To be blocked'],
};

const BECAUSE: Readonly<Record<string, string>> = {
  'no-rule': 'because no rule matched',
  'registered-source': 'because its source is registered',
  'registered-destination': 'because its destination is registered',
  'registered-both': 'because both of its ends are registered',
  'rule-matched': 'because it meets the conditions of this rule',
  'not-registered': 'because neither of its ends is registered',
};

type Validity = (typeof VALIDITY_NAMES)[number];

/** `sluice explain` has the same words. */
const ABOUT = new Map(Object.values(CHECKS).map(({ name, about }) => [name, about]));

export const explanation = {
  back: 'All decisions',
  /** Why, in a sentence. `isDone`: it is enforced; null where that is not known. */
  why: (action: string, isDone: boolean | null, rule: string | null, reason: string) => {
    const verb = VERBS[action]?.[isDone === null ? 2 : isDone ? 0 : 1] ?? action;
    return `${verb}${rule === null ? '' : ` by rule ${rule}`}, ${BECAUSE[reason] ?? reason}.`;
  },
  finding: (protocol: string, variant: string, stage: string, about: string) =>
    `The flow is ${protocol} (${variant}), ${stage}${about === '' ? '' : `: ${about}`}.`,
  /** What a check says. */
  check: (name: string): string => ABOUT.get(name) ?? name,
  ofTunnel: 'another flow of the same tunnel is confirmed',
  outcome: {
    title: 'Outcome',
    observe: 'The mode is observe: decisions are only counted, and every packet passes.',
    tripped: 'The breaker has tripped: the rules say enforce, and every packet passes all the same.',
    held: 'The breaker refuses to act on such findings: its packets pass.',
    allow: 'Its packets pass.',
    throttle: 'Packets above the rate are delayed, and dropped where too many wait.',
    block: 'Its packets are dropped in the simulation.',
    unknown: 'The mode was enforce. Whether the breaker let it act is not in the event log.',
  },
  facts: {
    action: 'Action',
    before: 'Before',
    rule: 'Rule',
    does: 'The rule says',
    mode: 'Mode',
    decided: 'Decided',
    number: 'Decision',
    policy: 'Policy',
    shadow: 'Draft',
    now: 'Now',
  },
  does: (rule: WordedRule): string => ruleWords(rule).action,
  first: 'It is the first decision of this flow',
  noRule: 'No rule matched',
  flowsNow: 'The flow has ended, or is not followed any more.',
  by: (rule: string) => `by ${rule}`,
  byNoRule: 'no rule',
  otherPolicy: 'The policy has been replaced since. The rules below are those by which this was decided.',
  earlier:
    'This was decided before the daemon’s start, and comes from its event log. ' +
    'That does not have the rules that were tried, nor what the breaker held.',
  otherRegistry: 'The registry has been replaced since.',
  shadowEnded: (policy: string) => `${policy} is decided for flows that are still active`,
  rules: {
    title: 'Rules, in order',
    caption: 'The rules that were tried, up to the one that matched',
    empty: 'The policy has no rules.',
    number: 'No.',
    rule: 'Rule',
    result: 'Result',
    failed: 'What did not hold',
    condition: conditionWords,
    outsideRollout: (rollout: string): string => `for the first ${rolloutWords(rollout)}`,
    matches: 'Matches',
    doesNotHold: 'Does not hold',
    notLogged: 'The event log has only the rule that decided, and not those that were tried before it.',
    noneMatched: 'No rule matched, so the flow is allowed.',
  },
  registrations: {
    title: 'Registrations',
    source: 'Source',
    destination: 'Destination',
    none: 'Not registered',
    caption: 'Every registration that covers an end, at the time of the decision, in the registry in use now',
    empty: 'No registration covers either end.',
    hidden: 'Addresses are hidden here, so prefixes and holders are too.',
    end: 'End',
    prefix: 'Prefix',
    holder: 'Holder',
    sector: 'Sector',
    reference: 'Reference',
    counts: 'Counts',
    state: 'State',
    states: {
      'in-force': (): string => 'In force too; a more specific or an earlier one counts',
      'not-yet-valid': (from: string): string => `Not valid before ${from}`,
      expired: (_from: string, until: string): string => `Expired, valid until ${until}`,
      'other-protocol': (_from: string, _until: string, protocols: string): string => `For ${protocols} only`,
    } as Record<Validity, (from: string, until: string, protocols: string) => string>,
  },
  flow: {
    title: 'Flow',
    from: 'From',
    to: 'To',
    transport: 'Transport',
    inside: 'Inside',
    vlan: 'VLAN',
    flow: 'Flow',
    tunnel: 'Tunnel',
    community: 'Community ID',
    packet: 'Packet',
    filter: 'Wireshark filter',
    filterHidden: 'Not shown where addresses are hidden',
    traffic: 'Traffic',
    trafficOf: (forth: string, back: string, bytesForth: string, bytesBack: string) =>
      `${forth} packets (${bytesForth}) forth, ${back} packets (${bytesBack}) back`,
    port: (ip: string, port: number | null) => (port === null ? ip : `${ip} port ${port}`),
    place: (packet: number, file: string) => `${packet} of ${file}`,
    onlyTunnel: 'All decisions of this tunnel',
    around: 'Charts around this time',
  },
  evidence: {
    title: 'Evidence',
    caption: 'What was compared. Offsets count from the start of the payload, or of the TCP stream.',
    empty: 'This finding has no evidence of its own.',
    number: 'No.',
    packet: 'Packet',
    offset: 'Offset',
    check: 'Check',
    expected: 'Expected',
    seen: 'Seen',
    firstOf: (packet: number) => `packet ${packet}`,
  },
  bytes: {
    title: 'Bytes',
    show: 'Read the bytes from the capture',
    hidden: 'Addresses are hidden here, so bytes are too.',
    earlier: 'This was decided before the daemon’s start: its packets are not looked for.',
    notKept: 'The packets of this source are not kept, so there are no bytes to show.',
    empty: 'Nothing of this evidence is in bytes of a packet, or the captures were read otherwise.',
    footer:
      'Only the protocol’s header, which is in clear in every packet, and the checked bytes are shown. ' +
      '“..” is not shown.',
    of: (packet: string, file: string, length: string, start: string) =>
      `Packet ${packet} of ${file}: ${length} bytes of payload, from offset ${start}`,
  },
  others: {
    flow: 'Other decisions of this flow',
    flowCaption: (zone: string) => `The newest first. Times are in ${zone}.`,
    tunnel: 'Other flows of this tunnel',
    tunnelCaption: (zone: string) => `The newest decision of each. Times are in ${zone}.`,
    more: (count: string) => `and ${count} more flows`,
    empty: 'There is none.',
  },
};

/** Texts of the overview. */
const flows = (count: number, number: string): string => `${number} ${count === 1 ? 'flow' : 'flows'}`;

export const overview = {
  summary: 'In one sentence',
  /** Sentences about the mode. Times have their zone. */
  observing: 'Observing.',
  enforcing: 'Enforcing.',
  tripped: (time: string) => `The safety breaker tripped at ${time}: nothing is enforced.`,
  trippedObserving: (time: string) => `Observing. The safety limits were exceeded at ${time}.`,
  suspectedIgnored: (mode: string, time: string) =>
    `${mode} Suspected findings are not acted on since the safety breaker tripped at ${time}.`,
  noPackets: 'No packet has come yet.',
  noPacketsSince: 'No packet has come since the daemon began.',
  reading: (done: string, all: string) => `Reading captures: ${done} of ${all} so far.`,
  replayed: (count: number, number: string) => `${number} ${count === 1 ? 'capture was' : 'captures were'} replayed.`,
  /** Spans of the sentences about harm, loss and coverage. */
  lastDay: 'in the last 24 hours',
  inCaptures: 'in these captures',
  sinceStart: 'since the counts began',
  noneWouldBeHit: (span: string) => `No registered user would have been hit ${span}.`,
  noneHit: (span: string) => `No registered user was hit ${span}.`,
  wouldBeHit: (count: number, number: string, span: string) =>
    `${flows(count, number)} of registered users would have been hit ${span}.`,
  prevented: (count: number, number: string, span: string) =>
    `${flows(count, number)} of registered users ${count === 1 ? 'was' : 'were'} about to be hit ${span}; ` +
    `the breaker prevented it.`,
  hit: (count: number, number: string, span: string) =>
    `${flows(count, number)} of registered users ${count === 1 ? 'was' : 'were'} hit ${span}.`,
  lostShare: (share: string) => `${share} of packets were lost.`,
  nothingLost: 'No packet was lost.',
  watchedInPart: (watched: string) => `Only ${watched} of the last 24 hours were watched.`,
  notWatched: 'Nothing of the last 24 hours was watched.',
  /** Below the span that is shown. */
  spanWatched: (watched: string, length: string) =>
    `${watched} of ${length} were watched. Counts and totals are of that time alone; of the rest nothing is known.`,
  spanUnwatched: 'Nothing of this span was watched, so there is nothing to count.',
  /** What needs attention. */
  source: (problem: string) => `No packets come from the source: ${problem}`,
  history: (problem: string) => `The history cannot be written: ${problem} Capture and events go on.`,
  historySetAside: 'The history was broken and begins again: what was recorded before is missing here.',
  historyUnread: (problem: string) => `The history cannot be read: ${problem}`,
  refused: 'New rules were refused and wait for a confirmation.',
  held: (time: string) => `A date of the calendar is held until it is confirmed: ${time}.`,
  ahead: (count: number) => `${count === 1 ? 'A date' : `${count} dates`} within a day will be held unless confirmed.`,
  linesLost: (number: string) => `${number} event lines were left out since the start.`,
  earlierHarm: (number: string) => `${number} registered hits before that have not been cleared.`,
  see: { rules: 'Rules', health: 'Health', decisions: 'Decisions', incidents: 'Incidents', registry: 'Registry' },
  answers: {
    title: 'Questions and answers',
    harm: 'Is anyone registered being hit?',
    harmNo: (span: string) => `No, not ${span}.`,
    harmUnknown: (span: string) => `Not known: nothing was watched ${span}.`,
    harmYes: (number: string, span: string) => `Yes: ${number} ${span}.`,
    harmOther: (number: string) => `${number} flows had a registration for another protocol.`,
    force: 'What is enforced, and since when?',
    forceNothing: 'Nothing: decisions are made and counted only.',
    forceRules: (policy: string, rules: string) => `Policy ${policy}, with ${rules} rules.`,
    since: (time: string) => `These rules are in use since ${time}.`,
    trust: 'Can the figures be trusted?',
    trustLoss: (lost: string, undecoded: string) => `${lost} of packets lost, ${undecoded} not decoded.`,
    trustLag: (lag: string) => `Decisions come ${lag} after their packets.`,
    trustNothing: 'There is nothing to count yet.',
    changes: 'What changed?',
    changesNone: 'Nothing is recorded.',
    changesUnknown: 'Not known: the history cannot be read.',
    changesLast: (what: string, time: string) => `${what}, ${time}.`,
    draft: 'What would the draft rules do?',
    draftNone: 'There is no draft beside the rules.',
    draftWould: (clients: string, registered: string) =>
      `${clients} clients would newly have been hit since it began, ${registered} of them registered.`,
    next: 'What will happen next?',
    nextNone: 'No date of rules or registry is ahead.',
    nextAt: (time: string) => `The next date of rules or registry is ${time}.`,
    nextAhead: (count: number) =>
      count === 0 ? 'No date within a day exceeds the limits.' : `${count} within a day would exceed the limits.`,
    nextHeld: 'One is held.',
  },
  figures: {
    hits: 'Registered hits',
    hitsMeaning: 'not on purpose, in this span',
    hit: 'Clients hit',
    hitMeaning: (throttled: string, blocked: string) => `${throttled} throttled, ${blocked} blocked`,
    wouldHit: 'Clients that would be hit',
    packets: 'Packets',
    packetsMeaning: (size: string) => size,
    lost: 'Packets lost',
    lostMeaning: (number: string) => `${number} before they were seen`,
    undecoded: 'Not decoded',
    undecodedMeaning: (number: string) => `${number} packets`,
    watched: 'Watched',
    watchedMeaning: (span: string) => `of ${span}`,
    watchedAll: 'of captures',
    lag: 'Largest lag',
    lagMeaning: 'from packet to decision',
    registry: 'Age of the registry',
    registryMeaning: (number: string) => `${number} registrations in force`,
  },
  charts: {
    decisions: 'Decisions by action',
    findings: 'Decisions by protocol',
    clients: 'Clients by action',
    harm: 'Registered hits by outcome',
    lost: 'Packets lost',
  },
  limits: {
    title: 'Clients against the limits',
    none: 'The policy has no limits.',
    observing: 'In mode observe no client is hit, so none is counted. ',
    footer: (registered: string) =>
      `Clients newly hit in each window, and how many may be. Registered hits so far: ${registered}.`,
  },
  incidents: {
    title: 'Latest incidents',
    none: 'No incident is recorded.',
    all: 'All incidents',
    lasts: 'still lasts',
  },
  changes: {
    title: 'Latest changes',
    none: 'Nothing is recorded yet.',
    all: 'All changes',
  },
};

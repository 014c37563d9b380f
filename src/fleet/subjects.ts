/** The stream of a fleet's events, and its subjects: `sluice.v1.ISP.SITE.events`. */

export const EVENTS_STREAM = 'SLUICE_EVENTS';
export const EVENTS_SUBJECTS = 'sluice.v1.*.*.events';

/** `isp` and `site` are origin names, which have no dot and no wildcard. */
export function eventsSubject(isp: string, site: string): string {
  return `sluice.v1.${isp}.${site}.events`;
}

/** Asks for the last message of a subject; the server answers from any replica. */
export function lastMessageSubject(subject: string): string {
  return `$JS.API.DIRECT.GET.${EVENTS_STREAM}.${subject}`;
}

/** Headers of a batch: where it ends in the sensor's outbox, and the number of its last line. */
export const HEADERS = {
  segment: 'Sluice-Segment',
  offset: 'Sluice-Offset',
  lastSeq: 'Sluice-Last-Seq',
  lines: 'Sluice-Lines',
  head: 'Sluice-Chain-Head',
  expected: 'Nats-Expected-Last-Subject-Sequence',
  sequence: 'Nats-Sequence',
} as const;

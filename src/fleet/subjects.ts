/** The streams of a fleet and their subjects: `sluice.v1.ISP.SITE.events`, `….minutes` and `….status`. */

export const EVENTS_STREAM = 'SLUICE_EVENTS';
export const EVENTS_SUBJECTS = 'sluice.v1.*.*.events';
export const MINUTES_STREAM = 'SLUICE_MINUTES';
export const MINUTES_SUBJECTS = 'sluice.v1.*.*.minutes';
/** The last message of each sensor alone: what it runs. */
export const STATUS_STREAM = 'SLUICE_STATUS';

/** `isp` and `site` are origin names, which have no dot and no wildcard. */
export function eventsSubject(isp: string, site: string): string {
  return `sluice.v1.${isp}.${site}.events`;
}

export function minutesSubject(isp: string, site: string): string {
  return `sluice.v1.${isp}.${site}.minutes`;
}

export function statusSubject(isp: string, site: string): string {
  return `sluice.v1.${isp}.${site}.status`;
}

/** Asks for the last message of a subject of a stream; the server answers from any replica. */
export function lastMessageSubject(stream: string, subject: string): string {
  return `$JS.API.DIRECT.GET.${stream}.${subject}`;
}

/**
 * Headers of a batch: where it ends in the sensor's outbox, the number of its last line, and the sensor's version and
 * its clock when it was sent, ms since 1970. Rows of a history have numbers of their own: fleet/row-numbers.
 */
export const HEADERS = {
  segment: 'Sluice-Segment',
  offset: 'Sluice-Offset',
  lastSeq: 'Sluice-Last-Seq',
  lines: 'Sluice-Lines',
  rows: 'Sluice-Rows',
  head: 'Sluice-Chain-Head',
  version: 'Sluice-Version',
  sentMs: 'Sluice-Sent-Ms',
  id: 'Nats-Msg-Id',
  expected: 'Nats-Expected-Last-Subject-Sequence',
  sequence: 'Nats-Sequence',
} as const;

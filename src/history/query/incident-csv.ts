/** Incidents as CSV (RFC 4180), with times by the clocks of the zone. What was named by hand is as it was written. */
import { sheetField } from '../../output/table/sheet-field.ts';
import { shownNumber } from '../incident/incident.ts';
import type { ZoneClock } from '../zone-clock.ts';
import type { IncidentList, ShownIncident } from './incident-list.ts';

const END_OF_LINE = '\r\n';
const SEPARATOR = '; ';
const MS_PER_SECOND = 1000;

const COLUMNS: Readonly<Record<string, (one: ShownIncident, clock: ZoneClock) => string | null>> = {
  from: ({ from_ms: ms }, clock) => clock.isoTime(Math.floor(ms / MS_PER_SECOND)),
  to: ({ to_ms: ms }, clock) => (ms === null ? null : clock.isoTime(Math.floor(ms / MS_PER_SECOND))),
  zone: (_, clock) => clock.zone,
  kind: ({ kind }) => kind,
  subject: ({ subject }) => subject,
  title: ({ title }) => title,
  cause: ({ cause }) => cause,
  numbers: ({ numbers }) =>
    Object.entries(numbers)
      .map(([name, value]) => `${name} ${shownNumber(name, value)}`)
      .join(SEPARATOR),
  protocols: ({ scope }) => scope.protocols.join(SEPARATOR),
  rules: ({ scope }) => scope.rules.join(SEPARATOR),
  sectors: ({ scope }) => scope.sectors.join(SEPARATOR),
  site: ({ site }) => site,
  isp: ({ isp }) => isp,
  link: ({ link }) => link,
};

export function incidentCsv({ incidents }: IncidentList, clock: ZoneClock): string {
  const rows = incidents.map((one) => Object.values(COLUMNS).map((read) => sheetField(read(one, clock))));
  return [Object.keys(COLUMNS), ...rows].map((row) => row.join(',') + END_OF_LINE).join('');
}

/** Recent decisions as CSV (RFC 4180), with the names of events. */
import { sheetField } from '../../output/table/sheet-field.ts';
import type { DecisionRow } from './decision-document.ts';

type Cell = string | number | boolean | null;

const COLUMNS: Readonly<Record<string, (row: DecisionRow) => Cell>> = {
  /** Decisions from before the daemon's start have no number of this run. */
  number: ({ number }) => (number < 1 ? null : number),
  timestamp: ({ time }) => time,
  action: ({ action }) => action,
  previous: ({ previous }) => previous,
  rule: ({ rule }) => rule,
  reason: ({ reason }) => reason,
  mode: ({ mode }) => mode,
  held: ({ held }) => held,
  other_protocol: (row) => row.other_protocol,
  protocol: ({ protocol }) => protocol,
  variant: ({ variant }) => variant,
  stage: ({ stage }) => stage,
  src_ip: ({ source }) => source.ip,
  src_port: ({ source }) => source.port,
  dest_ip: ({ destination }) => destination.ip,
  dest_port: ({ destination }) => destination.port,
  proto: ({ proto }) => proto,
  source_sector: ({ source }) => source.registration?.sector ?? null,
  source_reference: ({ source }) => source.registration?.reference ?? null,
  source_holder: ({ source }) => source.registration?.holder ?? null,
  destination_sector: ({ destination }) => destination.registration?.sector ?? null,
  destination_reference: ({ destination }) => destination.registration?.reference ?? null,
  destination_holder: ({ destination }) => destination.registration?.holder ?? null,
  flow_id: (row) => row.flow_id,
  tunnel_id: (row) => row.tunnel_id,
  community_id: (row) => row.community_id,
  pcap_filename: ({ file }) => file,
  pcap_cnt: ({ packet }) => packet,
};

export const CSV_HEADER = csvLine(Object.keys(COLUMNS));

export function csvRow(row: DecisionRow): string {
  return csvLine(Object.values(COLUMNS).map((read) => read(row)));
}

function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(sheetField).join(',')}\r\n`;
}

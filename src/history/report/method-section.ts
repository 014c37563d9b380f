/** How the counts are made, what the terms mean, and what is not known. */
import type { ReportContext } from './report-context.ts';
import type { ReportSection } from './report-document.ts';
import { fact } from './monitored-section.ts';

export function methodSection(): ReportSection {
  return {
    id: 'method',
    title: 'Method',
    text: [
      'Finding: Sluice recognises WireGuard, OpenVPN and IPsec by their handshakes. A finding is ' +
        'confirmed where one side repeats a value of the other side that chance cannot produce, and ' +
        'suspected where the evidence is thinner. Ports are never evidence.',
      'Registered: both ends of a VPN flow are looked up in the registry of registered prefixes, by the ' +
        'date of the packet and by the protocol.',
      'Time: all times are those of the packets. A flow counts in the minute in which it ends, a ' +
        'decision when it is made, packets and bytes when they are seen.',
      'Clients: distinct addresses of sources, counted by keyed hashes that cannot be turned back. A ' +
        'person may have several addresses, and an address several persons. Fewer than 5 clients are shown ' +
        'as “<5”.',
      'Watched: seconds from the first to the last packet of each minute. A quiet network and a broken ' +
        'source look alike, so such time is called time without packets. Figures of such time are missing, ' +
        'and are not 0.',
      'Not known: VPNs without a handshake in the captured traffic, protocols that Sluice does not ' +
        'recognise, and traffic that does not pass the monitored places.',
    ],
    facts: [],
    tables: [],
    remarks: [],
  };
}

export function provenanceSection(
  { version, historySchema, kept, clock }: ReportContext,
  commit: string,
): ReportSection {
  return {
    id: 'provenance',
    title: 'How this report came about',
    text: ['The report is made from the history that the daemon keeps: counts by minute, hour and day.'],
    facts: [
      fact('program', 'Program', `Sluice ${version}, commit ${commit}`, 'text'),
      fact('history_schema', 'Schema of the history', historySchema, 'count'),
      fact('history_from', 'History from', kept?.fromS ?? null, 'time'),
      fact('history_to', 'History to', kept?.toS ?? null, 'time'),
      fact('zone_of_days', 'Days are cut in', clock.zone, 'text'),
    ],
    tables: [],
    remarks: [],
  };
}

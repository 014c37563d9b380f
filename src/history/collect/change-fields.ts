/**
 * The fields of an event as a change of the history. A history holds no address: fields that name an end of a flow, a
 * client or a registration are left out, and addresses in texts are replaced.
 */
import { isIP } from 'node:net';

/** Fields that identify a flow, a client or a registered holder, whatever their form. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'src_ip',
  'src_port',
  'dest_ip',
  'dest_port',
  'proto',
  'vlan',
  'encapsulation',
  'flow_id',
  'community_id',
  'pcap_filename',
  'pcap_cnt',
  'vpn',
  'flow_ids',
  'sources',
  'clients_shown',
  'prefix',
  'holder',
  'reference',
  'timestamp',
  'event_type',
  'seq',
]);
/** A word that may be an address, with a prefix length or a zone. */
const WORD = /[0-9a-f:.]{2,45}(%[0-9a-z]+)?(\/\d{1,3})?/gi;
/** The characters before and after a word that may be an address, and a port of IPv4. */
const AROUND = /^(:?)(.*?)([:./]*)$/;
const PORT = /:\d{1,5}$/;
export const NO_ADDRESS = '[address]';

export type Fields = Readonly<Record<string, unknown>>;

export function changeFields(event: Fields): Fields {
  return withoutAddresses(event) as Fields;
}

function withoutAddresses(value: unknown): unknown {
  if (typeof value === 'string') return withoutAddressText(value);
  if (Array.isArray(value)) return value.map(withoutAddresses);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      // The flows of a trip are ids; those of a verdict are a number.
      .filter(([name, part]) => !LEFT_OUT.has(name) && !(name === 'flows' && Array.isArray(part)))
      .map(([name, part]) => [name, withoutAddresses(part)]),
  );
}

/** The text with each address in it replaced. */
export function withoutAddressText(text: string): string {
  return text.replaceAll(WORD, (word) => {
    // A colon or a full stop may stand before or after an address, and a port after it.
    const [, before = '', middle = '', after = ''] = AROUND.exec(word) ?? [];
    for (const [candidate, rest] of [
      [word, ''],
      [middle, after],
      [middle.replace(PORT, ''), after],
    ] as const)
      if (isIP(candidate.replace(/\/\d+$/, '').replace(/%.*$/, '')) !== 0)
        return candidate === word ? NO_ADDRESS : before + NO_ADDRESS + rest;
    return word;
  });
}

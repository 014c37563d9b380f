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
    // A sentence may end with an address.
    const bare = word.replace(/[./]+$/, '');
    const address = bare.replace(/\/\d+$/, '').replace(/%.*$/, '');
    return isIP(address) === 0 ? word : NO_ADDRESS + word.slice(bare.length);
  });
}

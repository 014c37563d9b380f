/** Names of transports in events, as Suricata's EVE writes them. */
import { Transport } from '../../dataplane/wire/packet-view.ts';

export const PROTO_NAMES: Readonly<Record<number, string>> = {
  [Transport.TCP]: 'TCP',
  [Transport.UDP]: 'UDP',
  [Transport.ESP]: 'ESP',
  [Transport.AH]: 'AH',
};

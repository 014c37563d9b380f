/** Words of OpenVPN's state block: the control channel's (openvpn.ts) and, while none speaks, the data channel's (openvpn-data.ts). */
import { StateWord } from './verdict.ts';

const OWN = StateWord.OWN;

export const OpenvpnWord = {
  FLAGS: OWN,
  /** How control packets are wrapped; 0 while unknown. */
  LAYOUT: OWN + 1,
  /** Session id of each direction, two words each. */
  SESSION: OWN + 2,
  /** Control packets in a row with that id, per direction. */
  STAYS: OWN + 6,
  /** Highest replay id, per direction. */
  REPLAY: OWN + 8,
  /** Number of the direction's last control packet. */
  LAST_PACKET: OWN + 10,
  /** Packets that belong to no known layout. */
  STRANGERS: OWN + 12,
  /** Data only. First word of the last packet, its packet id, and how often that rose, per direction. */
  PEER: OWN + 13,
  PACKET_ID: OWN + 15,
  RISES: OWN + 17,
  /** Data packets per direction, and what their lengths have in common. */
  PACKETS: OWN + 19,
  RESIDUE: OWN + 21,
  /** A set (as bits) of the values seen in the first octets of ciphertext. */
  VALUES: OWN + 22,
  /** Data packets in a row whose octets in the packet id's place were the last one's. */
  REPEATS: OWN + 24,
  /** The last replay time, seconds since 1970; 0 while none was seen. */
  TIME: OWN + 25,
  /** Where evidence shows the session id of the direction's last control packet. */
  LAST_OFFSET: OWN + 26,
} as const;

export const OpenvpnFlag = { SUSPECTED: 1, RESIDUE_KNOWN: 2 } as const;

/** Words of WireGuard's state block: handshakes (wireguard.ts) and transport messages (wireguard-data.ts). */
import { StateWord } from './verdict.ts';
import { Verdict } from '../host/verdict.ts';

const OWN = StateWord.OWN;

/** Sender indexes remembered per direction: an initiator retries with a new index each time, and answers may be late. */
export const REMEMBERED_SENDERS = 3;

export const WireguardWord = {
  FLAGS: OWN,
  /** REMEMBERED_SENDERS sender indexes of initiations for each direction. */
  SENDERS: OWN + 1,
  /** The last response's receiver index in each direction, for a response that was captured before its initiation. */
  RECEIVERS: OWN + 7,
  /** Per direction: the index that transport messages carry, their last counter, how many rose. */
  INDEX: OWN + 9,
  COUNTER: OWN + 11,
  RISES: OWN + 13,
  /** Transport messages, and those among them whose length neither padding nor the link's limit explains. */
  MESSAGES: OWN + 15,
  UNEVEN: OWN + 16,
  /** Length of the longest transport message, and how many of that length were no whole blocks. */
  LONGEST: OWN + 17,
  CLAMPED: OWN + 18,
  /** Sender index of the response that RECEIVERS is of. */
  RESPONDER_INDEX: OWN + 19,
  /** Packet time of each direction's last initiation, milliseconds modulo 2^32. */
  INITIATED_MS: OWN + 21,
} as const;

/** Bit numbers of FLAGS. */
export const WireguardFlag = {
  /** How many senders are remembered, two bits for each direction. */
  SENDERS: 0,
  RESPONSE: 4,
  TRANSPORT: 6,
  SUSPECTED: 8,
  DISCO: 9,
  /** Initiations came closer together than retries do. */
  BURST: 10,
} as const;

export function hasFlag(state: Int32Array, at: number, bit: number): boolean {
  return (state[at + WireguardWord.FLAGS]! & (1 << bit)) !== 0;
}

export function setFlag(state: Int32Array, at: number, bit: number): void {
  state[at + WireguardWord.FLAGS]! |= 1 << bit;
}

/** The verdict after a packet that says nothing new: a suspicion stays, anything less ends unless the packet belongs. */
export function verdictSoFar(state: Int32Array, at: number, belongs: boolean): Verdict {
  if (hasFlag(state, at, WireguardFlag.SUSPECTED)) return Verdict.SUSPECTED;
  return belongs ? Verdict.UNDECIDED : Verdict.RULED_OUT;
}

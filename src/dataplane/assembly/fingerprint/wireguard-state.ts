/** Words of WireGuard's state block: handshakes (wireguard) and transport messages (wireguard-data). */
import { StateWord, Verdict } from './verdict';
import { setBits, wordAt } from './words';

const OWN: i32 = StateWord.OWN;

/**
 * Sender indexes remembered per direction: an initiator retries with a new index each time, and answers may be late.
 */
export const REMEMBERED_SENDERS: i32 = 3;

export enum WireguardWord {
  FLAGS = OWN,
  /** REMEMBERED_SENDERS sender indexes of initiations for each direction. */
  SENDERS = OWN + 1,
  /** The last response's receiver index in each direction, for a response that was captured before its initiation. */
  RECEIVERS = OWN + 7,
  /** Per direction: the index that transport messages carry, their last counter, how many rose. */
  INDEX = OWN + 9,
  COUNTER = OWN + 11,
  RISES = OWN + 13,
  /** Transport messages, and those among them whose length neither padding nor the link's limit explains. */
  MESSAGES = OWN + 15,
  UNEVEN = OWN + 16,
  /** Length of the longest transport message, and how many of that length were no whole blocks. */
  LONGEST = OWN + 17,
  CLAMPED = OWN + 18,
  /** Sender index of the response that RECEIVERS is of. */
  RESPONDER_INDEX = OWN + 19,
  /** Packet time of each direction's last initiation, milliseconds modulo 2^32. */
  INITIATED_MS = OWN + 21,
}

/** Bit numbers of FLAGS. */
export enum WireguardFlag {
  /** How many senders are remembered, two bits for each direction. */
  SENDERS = 0,
  RESPONSE = 4,
  TRANSPORT = 6,
  SUSPECTED = 8,
  DISCO = 9,
  /** Initiations came closer together than retries do. */
  BURST = 10,
}

export function hasFlag(state: usize, bit: i32): bool {
  return (wordAt(state, WireguardWord.FLAGS) & (1 << bit)) != 0;
}

export function setFlag(state: usize, bit: i32): void {
  setBits(state, WireguardWord.FLAGS, 1 << bit);
}

/**
 * The verdict after a packet that says nothing new: a suspicion stays, anything less ends unless the packet belongs.
 */
export function verdictSoFar(state: usize, belongs: bool): Verdict {
  if (hasFlag(state, WireguardFlag.SUSPECTED)) return Verdict.SUSPECTED;
  return belongs ? Verdict.UNDECIDED : Verdict.RULED_OUT;
}

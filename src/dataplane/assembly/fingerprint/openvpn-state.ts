/**
 * Words of OpenVPN's state block. The first are kept throughout. The others have two uses: while no control packet was
 * seen, the data channel's (openvpn-data), and from the first control packet on, the control channel's (openvpn).
 */
import { zeroBytes } from '../memory';
import { StateWord, Verdict } from './verdict';
import { addToWord, setBits, wordAt, wordsFrom } from './words';

const OWN: i32 = StateWord.OWN;
const SHARED: i32 = OWN + 3;
const SHARED_WORDS: i32 = 18;

export enum OpenvpnWord {
  FLAGS = OWN,
  /** How control packets are wrapped (openvpn-layout); 0 while none was seen. */
  LAYOUT = OWN + 1,
  /** Packets that belong to no known layout. */
  STRANGERS = OWN + 2,
  /** Session id of each direction, two words each. */
  SESSION = SHARED,
  /** Control packets in a row with that id and that replay time, per direction. */
  STAYS = SHARED + 4,
  /** Highest replay id, or packet id where there is none, per direction; and how often it rose. */
  REPLAY = SHARED + 6,
  RISES = SHARED + 8,
  /** Number of the direction's last control packet, and where evidence shows its session id. */
  LAST_PACKET = SHARED + 10,
  LAST_OFFSET = SHARED + 12,
  /** Replay time of the direction's last control packet, seconds since 1970; 0 while none was seen. */
  TIME = SHARED + 14,
}

export enum OpenvpnDataWord {
  /**
   * First word of the direction's last data packet (of DATA_V1 the first byte), its packet id, and its epoch counter.
   */
  PEER = SHARED,
  PACKET_ID = SHARED + 2,
  COUNTER = SHARED + 4,
  /** How often the packet id or the epoch counter rose, per direction. */
  RISES = SHARED + 6,
  /** Data packets per direction, and what their lengths have in common. */
  PACKETS = SHARED + 8,
  RESIDUE = SHARED + 10,
  /** A set (as bits) of the values seen in the first bytes of ciphertext. */
  VALUES = SHARED + 11,
  /** Data packets in a row whose bytes in the packet id's place were the last one's. */
  REPEATS = SHARED + 13,
  /** Number of the direction's last data packet, and where evidence shows its first byte. */
  LAST_PACKET = SHARED + 14,
  LAST_OFFSET = SHARED + 16,
}

export enum OpenvpnFlag {
  SUSPECTED = 1,
  RESIDUE_KNOWN = 2,
  /** A tls-crypt ACK of a length that an ACK has was seen, and a control packet of another kind. */
  CRYPT_ACK = 4,
  CRYPT_CONTROL = 8,
  /** The replay time is recent, or came with a first reset, per direction. */
  TIME_IS_GOOD = 16,
  /** A cut reset was seen, per direction (openvpn-cut). */
  CUT_RESET = 64,
  /** A tls-crypt SOFT_RESET of a length that one has. */
  CRYPT_SOFT_RESET = 256,
}

/** Clears the words that the data channel used: the control channel starts with its own at zero. */
export function beginControl(state: usize): void {
  zeroBytes(wordsFrom(state, SHARED), 4 * SHARED_WORDS);
}

/** Control packets of one side with one session id that make a suspicion, and of both sides that may confirm. */
export const STAYS_ONE_WAY: i32 = 3;
export const STAYS_BOTH_WAYS: i32 = 2;

export function hasFlags(state: usize, flags: i32): bool {
  return (wordAt(state, OpenvpnWord.FLAGS) & flags) == flags;
}

export function suspect(state: usize): Verdict {
  setBits(state, OpenvpnWord.FLAGS, OpenvpnFlag.SUSPECTED);
  return Verdict.SUSPECTED;
}

/**
 * The verdict after a packet that says nothing: a suspicion stays one, and a flow is undecided while its packets belong
 * to it.
 */
export function verdictSoFar(state: usize, belongs: bool): Verdict {
  if (hasFlags(state, OpenvpnFlag.SUSPECTED)) return Verdict.SUSPECTED;
  if (belongs) return Verdict.UNDECIDED;
  return addToWord(state, OpenvpnWord.STRANGERS, 1) > 0 ? Verdict.RULED_OUT : Verdict.UNDECIDED;
}

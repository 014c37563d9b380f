/**
 * What a fingerprint answers, and the first words of its state, which the set reads: the rest of a state block is the
 * fingerprint's own.
 */

/** How much one packet alone says, for a flow that no fingerprint has claimed yet. */
export enum MatchStrength {
  NONE = 0,
  /** Other protocols begin like this too: worth following for a while. */
  WEAK = 1,
  /** Few other protocols do: takes the place of a weak one. */
  STRONG = 2,
}

export enum Verdict {
  RULED_OUT = 0,
  UNDECIDED = 1,
  SUSPECTED = 2,
  CONFIRMED = 3,
}

/**
 * Words of a state block: what every fingerprint keeps, then its own from OWN on. All are zero when it is handed out.
 */
export enum StateWord {
  VARIANT = 0,
  /** 0 unknown, else 1 + the direction of the initiator's packets. */
  INITIATOR = 1,
  /**
   * Two words by which flows of one tunnel are recognised, zero while unknown. IKE: the initiator SPI. WireGuard: the
   * indexes that the initiator and the responder gave themselves in the last handshake whose two sides fit.
   */
  KEY = 2,
  OWN = 4,
}

export const STATE_WORDS: i32 = 32;

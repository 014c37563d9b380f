/** Leave to hit clients that several sensors share: a client is newly hit only within what this sensor was lent. */
export interface HitLease {
  /** False while no client may be hit, also none that was hit before. */
  readonly isValid: boolean;
  /** Whether one more client may newly be hit now, by its hash. A refusal is noted as a need. */
  mayHit(high: number, low: number, stage: number): boolean;
  /** The client was newly hit. */
  hit(high: number, low: number): void;
}

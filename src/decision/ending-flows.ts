/** Receives decided flows that are about to end, while both tables still have them. */
export interface EndingFlows {
  ending(slot: number): void;
}

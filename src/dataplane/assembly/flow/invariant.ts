/**
 * What holds of the tables between two packets, each as the number that `checkInvariants` answers where it does not:
 * for tests and the fuzzer.
 */
export enum Invariant {
  /** All hold. */
  NONE = 0,

  /** Every active slot is in the index once. */
  INDEX_HAS_ALL = 1,
  /** At most half of the index's entries are used. */
  INDEX_HALF_EMPTY = 2,
  /** Entries that are not used are 0, also those after the index's present end. */
  INDEX_REST_ZERO = 3,
  /** A slot's entry is between its own place and the next empty entry. */
  INDEX_PLACE = 4,

  /** `activeCount` is the number of active slots. */
  ACTIVE_COUNT = 10,
  /** There are no more flows than rows. */
  ROWS = 11,
  /** Free slots are not active. */
  FREE_INACTIVE = 12,
  /** The chain of free slots ends. */
  FREE_CHAIN = 13,
  /** A used slot is active or free. */
  ACTIVE_OR_FREE = 14,

  /** The bit of a bucket says whether it has entries. */
  WHEEL_BIT = 20,
  /** A chunk is one bucket's, or free. */
  WHEEL_CHUNKS = 21,
  /** `entryCount` is the number of entries. */
  WHEEL_ENTRIES = 22,
  /** `leftCount` is the number of entries without a flow. */
  WHEEL_LEFT = 23,
  /** A flow has one entry that holds, and only flows have any. */
  WHEEL_HOLDING = 24,

  /** A place is held, or free. */
  PLACES = 30,

  /** Flows that were started are active, or have ended. */
  FLOWS_ACTIVE = 40,
  /** Without active flows there is no state of fingerprints and no evidence: flows give back what they hold. */
  ALL_GIVEN_BACK = 41,
}

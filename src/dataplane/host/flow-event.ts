/** A record of the event queue in linear memory: places of its words, and of its 64-bit numbers (dataplane/assembly/event-queue). */
export const EventKind = { DETECTION: 1, PACKET: 2, ENDED: 3 } as const;

export const EventWord = {
  KIND: 4,
  SLOT: 5,
  DIRECTION: 6,
  HOLDER: 14,
  FINDING: 15,
  KEY_HIGH: 16,
  KEY_LOW: 17,
  RECEIVER: 18,
  REASON: 21,
} as const;

export const EventNumber = { TIME_US: 0, PACKET: 1, ORDER: 11 } as const;

export const EVENT_WORDS = 32;

/** Records of the queue. */
export const EVENT_CAPACITY = 1024;

/** Everything that the conditions of rules may depend on, as numbers in one reused record. */
import { NO_REGISTRATION } from '../registry/registration.ts';

export class DecisionInput {
  /** Codes of core/protocol and dataplane/host/finding. */
  protocol = 0;
  stage = 0;
  variant = 0;
  /** IP protocol number: 6, 17, 50, 51. */
  transport = 0;
  /** The addresses of the initiator (the client) and the responder, as words (core/ip-address). */
  readonly source = new Int32Array(4);
  readonly destination = new Int32Array(4);
  /** Zero for ESP and AH. */
  sourcePort = 0;
  destinationPort = 0;
  /** Packets and bytes of the flow so far, in both directions. */
  packets = 0;
  bytes = 0;
  /** Packet time, µs since 1970. */
  timeUs = 0;
  /** Index of the registration in force that covers an end, and the code of its sector. */
  sourceRegistration = NO_REGISTRATION;
  destinationRegistration = NO_REGISTRATION;
  sourceSector = -1;
  destinationSector = -1;
}

/** Where the part of an input that is the flow's own lies in its packed form, as words and as doubles. */
const PackedWord = { SOURCE: 0, DESTINATION: 4, KIND: 8, PORTS: 9 } as const;
export const PACKED_WORDS = 10;
const PackedNumber = { PACKETS: 0, BYTES: 1 } as const;
export const PACKED_NUMBERS = 2;

/** Packs all but registrations and time, from word `at` and from number `numberAt` on. */
export function packInput(
  input: DecisionInput,
  words: Int32Array,
  at: number,
  numbers: Float64Array,
  numberAt: number,
): void {
  words.set(input.source, at + PackedWord.SOURCE);
  words.set(input.destination, at + PackedWord.DESTINATION);
  words[at + PackedWord.KIND] = input.protocol | (input.stage << 8) | (input.variant << 16) | (input.transport << 24);
  words[at + PackedWord.PORTS] = (input.sourcePort << 16) | input.destinationPort;
  numbers[numberAt + PackedNumber.PACKETS] = input.packets;
  numbers[numberAt + PackedNumber.BYTES] = input.bytes;
}

/** Sets what `packInput` has packed. */
export function unpackInput(
  input: DecisionInput,
  words: Int32Array,
  at: number,
  numbers: Float64Array,
  numberAt: number,
): void {
  for (let word = 0; word < 4; word++) {
    input.source[word] = words[at + PackedWord.SOURCE + word]!;
    input.destination[word] = words[at + PackedWord.DESTINATION + word]!;
  }
  const kind = words[at + PackedWord.KIND]!;
  input.protocol = kind & 255;
  input.stage = (kind >> 8) & 255;
  input.variant = (kind >> 16) & 255;
  input.transport = kind >>> 24;
  const ports = words[at + PackedWord.PORTS]!;
  input.sourcePort = ports >>> 16;
  input.destinationPort = ports & 0xffff;
  input.packets = numbers[numberAt + PackedNumber.PACKETS]!;
  input.bytes = numbers[numberAt + PackedNumber.BYTES]!;
}

/** A decoded packet in linear memory (dataplane/assembly/wire/packet-view), as the host reads it. */

const Place = {
  PAYLOAD_AT: 8,
  PAYLOAD_CAPTURED: 12,
  PAYLOAD_LENGTH: 16,
  DOMAIN: 36,
  SOURCE: 48,
  DESTINATION: 64,
  SOURCE_PORT: 80,
  DESTINATION_PORT: 82,
  TRANSPORT: 84,
  DIRECTION: 86,
  FRAGMENT: 87,
  TCP_FLAGS: 89,
  TCP_SEQUENCE: 92,
  ENCAPSULATION: 96,
  VLANS: 100,
  WAITED_PACKETS: 104,
} as const;

export class LinearView {
  private readonly memory: DataView;
  private readonly at: number;

  constructor(memory: DataView, at: number) {
    this.memory = memory;
    this.at = at;
  }

  /** Address of what follows the UDP or TCP header; for ESP and AH of the whole ESP or AH packet. */
  get payloadAt(): number {
    return this.memory.getUint32(this.at + Place.PAYLOAD_AT, true);
  }

  get payloadCaptured(): number {
    return this.word(Place.PAYLOAD_CAPTURED);
  }

  get payloadLength(): number {
    return this.word(Place.PAYLOAD_LENGTH);
  }

  /** What tells equal tuples in different links apart, signed; 0 for none. */
  get domain(): number {
    return this.word(Place.DOMAIN);
  }

  /** The four words of an address (core/ip-address), signed. */
  get source(): number[] {
    return this.address(Place.SOURCE);
  }

  get destination(): number[] {
    return this.address(Place.DESTINATION);
  }

  get sourcePort(): number {
    return this.memory.getUint16(this.at + Place.SOURCE_PORT, true);
  }

  get destinationPort(): number {
    return this.memory.getUint16(this.at + Place.DESTINATION_PORT, true);
  }

  get transport(): number {
    return this.memory.getUint8(this.at + Place.TRANSPORT);
  }

  get direction(): number {
    return this.memory.getUint8(this.at + Place.DIRECTION);
  }

  get fragment(): number {
    return this.memory.getUint8(this.at + Place.FRAGMENT);
  }

  get tcpFlags(): number {
    return this.memory.getUint8(this.at + Place.TCP_FLAGS);
  }

  get tcpSequence(): number {
    return this.memory.getUint32(this.at + Place.TCP_SEQUENCE, true);
  }

  /** Encapsulations from the outermost on, four bits each. */
  get encapsulation(): number {
    return this.memory.getUint32(this.at + Place.ENCAPSULATION, true);
  }

  get vlans(): number {
    return this.memory.getUint32(this.at + Place.VLANS, true);
  }

  get waitedPackets(): number {
    return this.memory.getUint32(this.at + Place.WAITED_PACKETS, true);
  }

  private address(place: number): number[] {
    return [0, 4, 8, 12].map((more) => this.word(place + more));
  }

  private word(place: number): number {
    return this.memory.getInt32(this.at + place, true);
  }
}

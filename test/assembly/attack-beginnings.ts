/** The first bytes of each capture of test/attack that is not compressed. */
import { FILE_ATTACKS } from '../attack/file-attacks.mjs';
import { type AttackFile, FLOW_ATTACKS } from '../attack/flow-attacks.mjs';
import { buildPcapHeader, buildPcapRecord } from '../kit/pcap.mjs';

/** Thrown where enough is there. */
class Full extends Error {}

class Beginning implements AttackFile {
  packetCount = 0;
  length = 0;
  readonly parts: Buffer[] = [];
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  pcapHeader(linkType = 1): void {
    this.write(buildPcapHeader({ linkType }));
  }

  packet(timeUs: number, frame: Buffer, length = frame.length, wireLength = length): void {
    this.write(buildPcapRecord({ timeUs, bytes: frame.subarray(0, length), wireLength }));
  }

  write(bytes: Uint8Array): void {
    this.parts.push(Buffer.from(bytes));
    this.length += bytes.length;
    if (this.length >= this.most) throw new Full();
  }
}

/** At least `most` bytes of each attack that has so many, by its name. */
export function attackBeginnings(most: number): Map<string, Buffer> {
  const attacks = Object.entries({ ...FLOW_ATTACKS, ...FILE_ATTACKS });
  const plain = attacks.filter(([name]) => !name.startsWith('gzip') && !name.startsWith('zstd'));
  return new Map(plain.map(([name, { write }]) => [name, beginningOf(write, most)]));
}

function beginningOf(write: (file: AttackFile) => unknown, most: number): Buffer {
  const file = new Beginning(most);
  try {
    write(file);
  } catch (error) {
    if (!(error instanceof Full)) throw error;
  }
  return Buffer.concat(file.parts);
}

/** What an attack writes into: test/kit's CaptureFile, or something that keeps less. */
export interface AttackFile {
  packetCount: number;
  pcapHeader(linkType?: number): void;
  packet(timeUs: number, frame: Buffer, length?: number, wireLength?: number): void;
  write(bytes: Uint8Array): void;
}

export interface Attack {
  readonly text: string;
  readonly write: (file: AttackFile) => unknown;
}

export const FLOW_ATTACKS: Readonly<Record<string, Attack>>;

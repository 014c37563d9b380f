/**
 * The compiled set of fingerprints, in the debug build: a read outside a payload's captured bytes throws, so every test is a test of
 * bounds as well. All sets of a file share one instance; each counts what it holds from when it was made.
 */
import { LinearEvidence } from '../../src/dataplane/host/linear-evidence.ts';
import { ByteChecks, type FingerprintCall } from '../assembly/byte-checks.ts';
import { compiled } from '../assembly/compiled.ts';

/** Words of the results (assembly/entries/fingerprint). */
const Result = { HANDLE: 0, FINDING: 1, EVIDENCE: 2, HOLDER: 3, ROWS: 4, BLOCKS: 8, EVIDENCE_OF: 11 } as const;
const RESULTS = 12;

const instance = await compiled<FingerprintCall>('fingerprint', 'debug');
/** Checks of bytes that belong to no flow. */
export const checks = new ByteChecks(instance);
const evidence = new LinearEvidence({
  memory: instance.memory,
  exports: { evidenceRowAt: (row) => instance.exports.rowAt(row) },
});

/** What the set says of the packet that it was shown last. */
export interface SetAnswer {
  readonly handle: number;
  readonly finding: number;
  readonly evidence: number;
  /** First row of the evidence of a flow in which nothing was found, by its handle. */
  readonly evidenceOfHandle: number;
}

/** What is shown of a packet. `captured` bytes of the payload are there. */
export interface ShownPayload {
  readonly bytes: Uint8Array;
  readonly captured: number;
  readonly framing: number;
  readonly direction: 0 | 1;
  readonly timeUs: number;
  readonly packet: number;
  readonly evidenceOffset: number;
}

/** Blocks and rows of evidence that the instance holds. */
let held = { blocks: 0, rows: 0 };

export class CompiledFingerprints {
  /** The fingerprint that holds the flow of the packet shown last, as the set says it. */
  holder = 0;
  private readonly before = held;

  /** Blocks that flows hold. */
  get blockCount(): number {
    return held.blocks - this.before.blocks;
  }

  /** Rows of evidence that flows hold. */
  get evidenceCount(): number {
    return held.rows - this.before.rows;
  }

  observe(shown: ShownPayload, handle: number, finding: number, evidenceRow: number): SetAnswer {
    const { bytes, captured, framing, direction, timeUs, packet, evidenceOffset } = shown;
    const at = checks.place(new DataView(bytes.buffer, bytes.byteOffset), 0, captured);
    checks.exports.show(at, captured, bytes.length, framing, direction, timeUs, packet, evidenceOffset);
    checks.exports.observe(handle, finding, evidenceRow);
    this.holder = checks.results(RESULTS)[Result.HOLDER]!;
    return answer();
  }

  /** Ends the inspection of a flow. */
  retire(handle: number, finding: number, evidenceRow: number): SetAnswer {
    checks.exports.retire(handle, finding, evidenceRow);
    return answer();
  }

  /** Gives back what an ended flow holds. */
  release(handle: number, evidenceRow: number): void {
    checks.exports.release(handle, evidenceRow);
    answer();
  }

  entries(evidenceRow: number): ReturnType<LinearEvidence['entries']> {
    return evidence.entries(evidenceRow);
  }
}

function answer(): SetAnswer {
  const words = checks.results(RESULTS);
  held = { blocks: words[Result.BLOCKS]!, rows: words[Result.ROWS]! };
  return {
    handle: words[Result.HANDLE]!,
    finding: words[Result.FINDING]!,
    evidence: words[Result.EVIDENCE]!,
    evidenceOfHandle: words[Result.EVIDENCE_OF]!,
  };
}

/** Whether a datagram may open a session (dataplane/assembly/fingerprint/session-opening). */
export function opensSession(bytes: Uint8Array, captured = bytes.length): boolean {
  const at = checks.place(new DataView(bytes.buffer, bytes.byteOffset), 0, captured);
  checks.exports.look(at, captured, bytes.length);
  return checks.results(1)[0] !== 0;
}

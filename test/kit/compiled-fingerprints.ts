/**
 * The compiled set of fingerprints, in the debug build: a read outside a payload's captured bytes throws, so every test is a test of
 * bounds as well. All sets of an instance share its memory; each counts what it holds from when it was made.
 */
import { LinearEvidence } from '../../src/dataplane/host/linear-evidence.ts';
import { ByteChecks, type FingerprintCall } from '../assembly/byte-checks.ts';
import { type Build, type Compiled, compiled } from '../assembly/compiled.ts';

/** Words of the results (assembly/entries/fingerprint). */
const Result = { HANDLE: 0, FINDING: 1, EVIDENCE: 2, HOLDER: 3, ROWS: 4, BLOCKS: 8, EVIDENCE_OF: 11 } as const;
const RESULTS = 12;

/** Blocks and rows of evidence that an instance holds. */
interface Held {
  readonly blocks: number;
  readonly rows: number;
}

/** The compiled code with memory of its own. */
export class FingerprintInstance {
  /** Checks of bytes that belong to no flow. */
  readonly checks: ByteChecks;
  readonly evidence: LinearEvidence;
  held: Held = { blocks: 0, rows: 0 };

  private constructor(instance: Compiled<FingerprintCall>) {
    this.checks = new ByteChecks(instance);
    const evidenceRowAt = (row: number): number => instance.exports.rowAt(row);
    this.evidence = new LinearEvidence({ memory: instance.memory, exports: { evidenceRowAt } });
  }

  static async make(build: Build): Promise<FingerprintInstance> {
    return new FingerprintInstance(await compiled<FingerprintCall>('fingerprint', build));
  }
}

const debug = await FingerprintInstance.make('debug');
/** Checks of bytes in the debug build. */
export const { checks } = debug;

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

export class CompiledFingerprints {
  /** The fingerprint that holds the flow of the packet shown last, as the set says it. */
  holder = 0;
  readonly instance: FingerprintInstance;
  private readonly before: Held;

  constructor(instance: FingerprintInstance = debug) {
    this.instance = instance;
    this.before = instance.held;
  }

  /** Blocks that flows hold. */
  get blockCount(): number {
    return this.instance.held.blocks - this.before.blocks;
  }

  /** Rows of evidence that flows hold. */
  get evidenceCount(): number {
    return this.instance.held.rows - this.before.rows;
  }

  observe(shown: ShownPayload, handle: number, finding: number, evidenceRow: number): SetAnswer {
    const { bytes, captured, framing, direction, timeUs, packet, evidenceOffset } = shown;
    const { checks: calls } = this.instance;
    const at = calls.place(new DataView(bytes.buffer, bytes.byteOffset), 0, captured);
    calls.exports.show(at, captured, bytes.length, framing, direction, timeUs, packet, evidenceOffset);
    calls.exports.observe(handle, finding, evidenceRow);
    this.holder = calls.results(RESULTS)[Result.HOLDER]!;
    return this.answer();
  }

  /** Ends the inspection of a flow. */
  retire(handle: number, finding: number, evidenceRow: number): SetAnswer {
    this.instance.checks.exports.retire(handle, finding, evidenceRow);
    return this.answer();
  }

  /** Gives back what an ended flow holds. */
  release(handle: number, evidenceRow: number): void {
    this.instance.checks.exports.release(handle, evidenceRow);
    this.answer();
  }

  entries(evidenceRow: number): ReturnType<LinearEvidence['entries']> {
    return this.instance.evidence.entries(evidenceRow);
  }

  /** Whether a datagram may open a session (dataplane/assembly/fingerprint/session-opening). */
  opensSession(bytes: Uint8Array, captured = bytes.length): boolean {
    const { checks: calls } = this.instance;
    const at = calls.place(new DataView(bytes.buffer, bytes.byteOffset), 0, captured);
    calls.exports.look(at, captured, bytes.length);
    return calls.results(1)[0] !== 0;
  }

  private answer(): SetAnswer {
    const words = this.instance.checks.results(RESULTS);
    this.instance.held = { blocks: words[Result.BLOCKS]!, rows: words[Result.ROWS]! };
    return {
      handle: words[Result.HANDLE]!,
      finding: words[Result.FINDING]!,
      evidence: words[Result.EVIDENCE]!,
      evidenceOfHandle: words[Result.EVIDENCE_OF]!,
    };
  }
}

const ofBytes = new CompiledFingerprints();

/** The same in the debug build. */
export function opensSession(bytes: Uint8Array, captured = bytes.length): boolean {
  return ofBytes.opensSession(bytes, captured);
}

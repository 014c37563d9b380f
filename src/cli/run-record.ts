/**
 * Keeps what a command's provenance needs while it runs, and writes the records beside its outputs. Created before the
 * outputs are opened.
 */
import type { CaptureList } from '../capture/input/list-captures.ts';
import { hideAddresses } from '../output/provenance/hidden-text.ts';
import { InputHashes } from '../output/provenance/input-hashes.ts';
import { type Provenance, provenanceOf, type RunFacts } from '../output/provenance/provenance.ts';
import { removeSidecar, writeSidecar } from '../output/provenance/sidecar.ts';
import type { AddressFlags } from './address-flags.ts';
import type { HashFlag } from './no-hash-flag.ts';
import { outputFiles, type OutputPaths } from './output-paths.ts';

export interface RecordFlags extends OutputPaths, HashFlag, Partial<Pick<AddressFlags, 'addresses'>> {
  readonly json?: boolean;
}

/** What only the command has at its end. */
export type RunResult = Pick<RunFacts, 'counters' | 'interruption' | 'incomplete' | 'mode' | 'rules'>;

export class RunRecord {
  private readonly list: CaptureList;
  private readonly outputs: readonly string[];
  private readonly isHashing: boolean;
  private readonly hidesAddresses: boolean;
  private readonly hashes: InputHashes;
  private provenance: Provenance | null = null;

  /** Removes records of earlier runs, and begins to hash the inputs if an output will show it. Throws OutputError. */
  constructor(flags: RecordFlags, list: CaptureList, labels: readonly string[] = []) {
    this.list = list;
    this.outputs = outputFiles(flags).map(({ path }) => path);
    this.isHashing = flags.hash !== false;
    this.hidesAddresses = (flags.addresses ?? 'plain') !== 'plain';
    for (const output of this.outputs) removeSidecar(output);
    const isShown = flags.json === true || this.outputs.length > 0;
    const inputs = [
      ...list.paths.map((path) => ({ kind: 'capture', path }) as const),
      ...labels.map((path) => ({ kind: 'labels', path }) as const),
    ];
    this.hashes = new InputHashes(isShown ? inputs : [], this.isHashing);
  }

  /** Call once, when everything is read; waits for the hashes, unless the run was interrupted. */
  async finish(result: RunResult): Promise<Provenance> {
    const { hashes, list } = this;
    this.provenance = provenanceOf({
      ...result,
      command: process.argv.slice(2),
      startedMs: performance.timeOrigin,
      inputs: await (result.interruption === null ? hashes.finished() : hashes.stopped()),
      endedMs: Date.now(),
      unread: list.problems.map(({ message }) => message),
      skipped: list.unread,
      hidesAddresses: this.hidesAddresses,
    });
    return this.provenance;
  }

  /** Writes a record beside each output, after the outputs are closed. `beside`: further files of an output. */
  async writeBeside(beside: (output: string) => readonly string[] = () => []): Promise<void> {
    const { provenance, isHashing, hidesAddresses } = this;
    if (provenance === null) return;
    const shown = hidesAddresses ? hideAddresses : (name: string): string => name;
    for (const output of this.outputs) await writeSidecar(output, beside(output), provenance, { isHashing, shown });
  }

  /** Ends the hashing. */
  stop(): Promise<void> {
    return this.hashes.stop();
  }
}

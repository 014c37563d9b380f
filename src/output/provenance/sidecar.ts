/**
 * The record beside an output file, `decisions.jsonl.run.json`: the provenance of the run, with size and SHA-256 of
 * what was written. It is written last, so an output without a record is not complete.
 */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { OutputError } from '../log/output-error.ts';
import { hashFile } from './file-hash.ts';
import type { Provenance } from './provenance.ts';

export const SIDECAR_SUFFIX = '.run.json';
/** Bytes that are read to recognise a record: some 200,000 captures. */
const LARGEST_SIDECAR = 64_000_000;

/** True for the record of a run, which may be written again; false for a file of another program. */
export function isSidecar(path: string): boolean {
  try {
    if (statSync(path).size > LARGEST_SIDECAR) return false;
    const { outputs, commit } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Provenance> & { outputs?: unknown };
    return Array.isArray(outputs) && typeof commit === 'string';
  } catch {
    return false;
  }
}

/** Removes the record of an earlier run, before its output is overwritten. Throws OutputError. */
export function removeSidecar(output: string): void {
  try {
    rmSync(output + SIDECAR_SUFFIX, { force: true });
  } catch (error) {
    throw new OutputError(output + SIDECAR_SUFFIX, error as NodeJS.ErrnoException);
  }
}

export interface SidecarForm {
  /** False: the outputs are named without size and hash. */
  readonly isHashing: boolean;
  /** The form of file names in the record. */
  readonly shown: (name: string) => string;
}

/** Writes the record of a finished output. `beside`: further files with its packets. Rejects with OutputError. */
export async function writeSidecar(
  output: string,
  beside: readonly string[],
  provenance: Provenance,
  { isHashing, shown }: SidecarForm,
): Promise<void> {
  try {
    const outputs: object[] = [];
    for (const file of [output, ...beside])
      outputs.push({ file: shown(file), ...(isHashing ? await contentOf(file) : {}) });
    writeFileSync(output + SIDECAR_SUFFIX, `${JSON.stringify({ outputs, ...provenance }, null, 2)}\n`);
  } catch (error) {
    throw new OutputError(output + SIDECAR_SUFFIX, error as NodeJS.ErrnoException);
  }
}

async function contentOf(file: string): Promise<{ bytes: number; sha256: string }> {
  const { bytes, sha256 } = await hashFile(file);
  return { bytes, sha256 };
}

/** Names of files as results show them: where addresses are hidden, those in names of files are hidden too. */
import { hideAddresses } from '../output/provenance/hidden-text.ts';
import type { Interruption } from '../output/summary/interruption.ts';
import type { Incomplete } from '../pipeline/capture-run.ts';
import type { FileBack, FilesBack } from '../pipeline/file-order.ts';
import type { AddressFlags } from './address-flags.ts';

interface FilesOfRun {
  readonly incomplete: readonly Incomplete[];
  readonly interruption: Interruption | null;
  readonly filesBack: FilesBack;
}

/** The form of a file's name. */
export function shownName(name: string, { addresses }: Pick<AddressFlags, 'addresses'>): string {
  return addresses === 'plain' ? name : hideAddresses(name);
}

/** The files that a summary names, in the form for outputs. */
export function shownFiles(run: FilesOfRun, flags: Pick<AddressFlags, 'addresses'>): FilesOfRun {
  const { incomplete, interruption, filesBack } = run;
  const shown = (name: string): string => shownName(name, flags);
  const back = (one: FileBack | null): FileBack | null =>
    one === null ? null : { ...one, file: shown(one.file), before: shown(one.before) };
  return {
    incomplete: incomplete.map((one) => ({ ...one, file: shown(one.file) })),
    interruption: interruption === null ? null : { ...interruption, file: shown(interruption.file) },
    filesBack: { count: filesBack.count, first: back(filesBack.first), largest: back(filesBack.largest) },
  };
}

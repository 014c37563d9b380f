/**
 * How a result came about: program, command line, inputs, rules, and whether all was read. It is part of every `--json`
 * output, of reports, and of the record beside each output file. The keys are an interface for users: never rename
 * them.
 */
import { formatMicros } from '../../core/units.ts';
import type { Incomplete } from '../../pipeline/capture-run.ts';
import { type Interruption, interruptionJson } from '../summary/interruption.ts';
import type { LoadedRules } from '../../rules/load-rules.ts';
import type { FoundManifest } from '../../rules/manifest-check.ts';
import { buildInfo } from '../build-info.ts';
import { hideAddresses } from './hidden-text.ts';
import type { InputFile } from './input-hashes.ts';

/** A file of rules. */
export interface RulesFile {
  readonly file: string;
  readonly bytes: number;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  /** The manifest beside it, which the file matches; null if there is none. */
  readonly manifest: { readonly file: string; readonly version: number } | null;
}

export interface Provenance {
  /** Version and commit of the program. */
  readonly version: string;
  readonly commit: string;
  /** Arguments as given, with the command's name first. */
  readonly command: readonly string[];
  readonly node: string;
  /** Like `linux-x64`. */
  readonly platform: string;
  /** Wall clock, ISO 8601 in UTC. */
  readonly started: string;
  readonly ended: string;
  /** Times of the first and the last packet; null if there was none. */
  readonly packet_time: { readonly first: string; readonly last: string } | null;
  /** True if all captures were read to their ends. */
  readonly complete: boolean;
  /** The signal, and how far the run came; null if there was no signal. */
  readonly interrupted: object | null;
  readonly incomplete: readonly Incomplete[];
  /** Arguments that do not exist or could not be read, each with the reason. */
  readonly unread: readonly string[];
  /** Files in folders that may hold packets in a format that is not read, each with the reason. */
  readonly skipped: readonly string[];
  readonly mode: string;
  readonly inputs: readonly InputFile[];
  /** The rules; for a comparison those of A, B, … in this order. */
  readonly rules: readonly { readonly policy: RulesFile & { readonly name: string }; readonly registry: RulesFile }[];
}

/** What is known at the end of a run. */
export interface RunFacts {
  readonly command: readonly string[];
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  readonly endedMs: number;
  readonly counters: { readonly firstTimeUs: number; readonly lastTimeUs: number };
  readonly interruption: Interruption | null;
  readonly incomplete: readonly Incomplete[];
  readonly unread: readonly string[];
  readonly skipped: readonly string[];
  readonly mode: string;
  readonly inputs: readonly InputFile[];
  readonly rules: readonly LoadedRules[];
  /** Addresses in file names and arguments are replaced. */
  readonly hidesAddresses: boolean;
}

export function provenanceOf(facts: RunFacts): Provenance {
  const { interruption, incomplete, unread, counters } = facts;
  const { firstTimeUs, lastTimeUs } = counters;
  const provenance: Provenance = {
    ...buildInfo(),
    command: facts.command,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    started: new Date(facts.startedMs).toISOString(),
    ended: new Date(facts.endedMs).toISOString(),
    packet_time: Number.isNaN(firstTimeUs)
      ? null
      : { first: formatMicros(firstTimeUs), last: formatMicros(lastTimeUs) },
    complete: interruption === null && incomplete.length === 0 && unread.length === 0,
    interrupted: interruption === null ? null : interruptionJson(interruption),
    incomplete,
    unread,
    skipped: facts.skipped,
    mode: facts.mode,
    inputs: facts.inputs,
    rules: facts.rules.map(rulesJson),
  };
  return facts.hidesAddresses ? hidden(provenance) : provenance;
}

function rulesJson({ policy, seen, manifests }: LoadedRules): Provenance['rules'][number] {
  return {
    policy: { name: policy.name, ...fileJson(seen.policy, manifests) },
    registry: fileJson(seen.registry, manifests),
  };
}

function fileJson(
  { kind, name, bytes, sha256 }: LoadedRules['seen']['policy'],
  found: readonly FoundManifest[],
): RulesFile {
  // The manifest beside the other file may describe this one too.
  const describing = found.filter(({ manifest }) => manifest[kind] !== undefined);
  const own = describing.find((one) => one.kind === kind) ?? describing[0];
  const manifest = own === undefined ? null : { file: own.name, version: own.manifest.version };
  return { file: name, bytes, sha256, manifest };
}

/** Applies to the values, not to the keys. */
function hidden(provenance: Provenance): Provenance {
  const replaced = JSON.stringify(provenance, (_key, value: unknown) =>
    typeof value === 'string' ? hideAddresses(value) : value,
  );
  return JSON.parse(replaced) as Provenance;
}

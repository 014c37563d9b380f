/**
 * Verifies a log by its chain: each entry follows the one before and is signed; each segment is there, byte for byte,
 * or has expired; nothing else lies between them. It changes nothing and can run beside the daemon.
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { PublicKey } from '../../../rules/signing-key.ts';
import { isSegmentOf } from '../segment-name.ts';
import { type ChainEntry, entryHash, isEntrySigned, NO_ENTRY, parseEntry, type SegmentFacts } from './chain-entry.ts';
import { CHAIN_SUFFIX, chainLines } from './chain-file.ts';
import { findChange } from './segment-change.ts';

/** Something that was removed, added or changed. */
export interface ChainProblem {
  readonly what: 'removed' | 'added' | 'changed' | 'foreign';
  /** The file, without its folder. */
  readonly file: string;
  /** Where, as a sentence for the user. */
  readonly where: string;
}

export interface ChainReport {
  readonly log: string;
  readonly problems: readonly ChainProblem[];
  /** Entries of the chain, and how many of them are at or before the last anchored head. */
  readonly entries: number;
  readonly anchored: number;
  /** The hash of the last entry; empty if there is none. */
  readonly head: string;
  /** Time of the last entry, and of the last anchored one; null without one. */
  readonly until: string | null;
  readonly anchoredUntil: string | null;
  /** Segments that are there and unchanged, their lines, and those that expired. */
  readonly segments: number;
  readonly lines: number;
  readonly expired: number;
  readonly actions: number;
  /** Files after the last entry, with their bytes: nothing proves them yet. */
  readonly unproven: readonly { readonly file: string; readonly bytes: number }[];
}

/** Problems that are kept; a destroyed chain would have one for each line. */
const MOST_PROBLEMS = 1000;

/** What the entries of a chain say together. */
interface Stated {
  readonly segments: Map<string, { readonly facts: SegmentFacts; readonly sensor: ChainEntry['sensor'] }>;
  readonly expired: Map<string, string>;
  readonly hashes: Map<string, number>;
  readonly times: string[];
  actions: number;
}

/** The chain of a running daemon may grow meanwhile, and segments expire: then it is verified again. */
const MOST_TRIES = 3;

/**
 * Verifies the log at `path`. `heads`: hashes of entries that were anchored elsewhere. Rejects if a file other than a
 * missing segment cannot be read.
 */
export async function verifyLog(
  path: string,
  keys: readonly PublicKey[],
  heads: readonly string[],
): Promise<ChainReport> {
  for (let attempt = 1; ; attempt++) {
    const { size } = await stat(path + CHAIN_SUFFIX);
    const report = await verifyOnce(path, keys, heads);
    const isSame = size === (await stat(path + CHAIN_SUFFIX)).size;
    if (report.problems.length === 0 || isSame || attempt === MOST_TRIES) return report;
  }
}

async function verifyOnce(path: string, keys: readonly PublicKey[], heads: readonly string[]): Promise<ChainReport> {
  const problems: ChainProblem[] = [];
  const report = (what: ChainProblem['what'], file: string, where: string): void => {
    if (problems.length < MOST_PROBLEMS) problems.push({ what, file, where });
  };
  const chain = basename(path) + CHAIN_SUFFIX;
  const stated = await readChain(path + CHAIN_SUFFIX, keys, (what, where) => {
    report(what, chain, where);
  });
  const counted = await checkSegments(path, stated, report);
  const unproven = await unlisted(path, stated, report);
  const places = heads.map((head) => stated.hashes.get(head) ?? null);
  for (const [index, place] of places.entries())
    if (place === null)
      report('removed', chain, `the anchored head ${heads[index]} is not in it: entries were removed or replaced`);
  const anchored = Math.max(0, ...places.map((place) => (place === null ? 0 : place + 1)));
  const entries = stated.times.length;
  return {
    log: path,
    problems,
    entries,
    anchored,
    head: [...stated.hashes.keys()].at(-1) ?? '',
    until: stated.times.at(-1) ?? null,
    anchoredUntil: stated.times[anchored - 1] ?? null,
    ...counted,
    expired: stated.expired.size,
    actions: stated.actions,
    unproven,
  };
}

async function readChain(
  path: string,
  keys: readonly PublicKey[],
  report: (what: ChainProblem['what'], where: string) => void,
): Promise<Stated> {
  const stated: Stated = { segments: new Map(), expired: new Map(), hashes: new Map(), times: [], actions: 0 };
  let previous = NO_ENTRY;
  let expected = 0;
  let sensor: string | null = null;
  let line = 0;
  for await (const text of chainLines(path)) {
    line++;
    const hash = entryHash(text);
    const entry = parseEntry(text);
    if (entry === null) {
      report('changed', `line ${line} is no entry`);
      previous = hash;
      continue;
    }
    if (entry.entry > expected)
      report('removed', `${entriesText(expected, entry.entry - 1)} missing before line ${line}`);
    else if (entry.entry < expected) report('added', `line ${line} is entry ${entry.entry} out of order`);
    else if (entry.previous !== previous)
      report('changed', `entry ${entry.entry} does not follow the one before it (line ${line})`);
    if (!isEntrySigned(entry, keys)) report(...signatureProblem(entry, keys, line));
    const origin = originOf(entry.sensor);
    sensor ??= origin;
    if (origin !== sensor) report('foreign', `entry ${entry.entry} is of another sensor, ${origin}, not ${sensor}`);
    expected = Math.max(expected, entry.entry) + 1;
    previous = hash;
    stated.hashes.set(hash, stated.times.length);
    stated.times.push(entry.at);
    addEntry(stated, entry, report);
  }
  return stated;
}

function addEntry(
  stated: Stated,
  entry: ChainEntry,
  report: (what: ChainProblem['what'], where: string) => void,
): void {
  if (entry.kind === 'action') stated.actions++;
  if (entry.kind === 'segment') {
    const { file } = entry.segment;
    if (stated.segments.has(file) || stated.expired.has(file))
      report('added', `${file} has a second entry, ${entry.entry}`);
    else stated.segments.set(file, { facts: entry.segment, sensor: entry.sensor });
  }
  if (entry.kind !== 'expired') return;
  const { file, sha256 } = entry.expired;
  if (stated.segments.get(file)?.facts.sha256 !== sha256)
    report('changed', `entry ${entry.entry} lets ${file} expire, which has no such entry`);
  stated.segments.delete(file);
  stated.expired.set(file, sha256);
}

function signatureProblem(entry: ChainEntry, keys: readonly PublicKey[], line: number): [ChainProblem['what'], string] {
  return keys.some(({ id }) => id === entry.key)
    ? ['changed', `the signature of entry ${entry.entry} is not valid (line ${line})`]
    : ['foreign', `entry ${entry.entry} is signed by key ${entry.key}, which is not among the keys (line ${line})`];
}

type Report = (what: ChainProblem['what'], file: string, where: string) => void;

async function checkSegments(
  path: string,
  stated: Stated,
  report: Report,
): Promise<{ segments: number; lines: number }> {
  let segments = 0;
  let lines = 0;
  for (const [file, { facts, sensor }] of stated.segments) {
    const found = await findChange(join(dirname(path), file), facts, sensor);
    if (found !== null) {
      report(found.what, file, found.where);
      continue;
    }
    segments++;
    lines += facts.lines;
  }
  return { segments, lines };
}

/** The open segment, and files that have no entry: after the last one that has, they are unproven; before it, added. */
async function unlisted(
  path: string,
  { segments, expired }: Stated,
  report: Report,
): Promise<{ file: string; bytes: number }[]> {
  const last = [...segments.keys(), ...expired.keys()].sort().at(-1) ?? '';
  const unproven: { file: string; bytes: number }[] = [];
  for (const file of (await readdir(dirname(path))).sort()) {
    const isOpen = file === basename(path);
    if (!isOpen && (!isSegmentOf(basename(path), file) || segments.has(file) || expired.has(file))) continue;
    if (!isOpen && file < last) {
      report('added', file, 'it has no entry in the chain, and later segments have');
      continue;
    }
    const found = await stat(join(dirname(path), file)).catch(() => null);
    if (found !== null) unproven.push({ file, bytes: found.size });
  }
  // The open segment is the last one.
  return unproven.sort((a, b) => Number(a.file === basename(path)) - Number(b.file === basename(path)));
}

function entriesText(first: number, last: number): string {
  return first === last ? `entry ${first} is` : `entries ${first} to ${last} are`;
}

function originOf(sensor: ChainEntry['sensor']): string {
  return [sensor.isp, sensor.site, sensor.link].map((name) => name ?? '-').join('/');
}

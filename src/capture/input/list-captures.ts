/**
 * From the arguments of a command to the captures they mean, in the order in which they are read: arguments as given,
 * the files below a folder by the octets of their paths, so that every machine reads them in the same order.
 *
 * A file named by itself is taken at its word; whether it is a capture shows when it is read. Below a folder, every
 * regular file is looked into, and those that are no captures are skipped and counted. Links are followed; a folder
 * is entered once however many ways lead to it, so a loop of links ends.
 */
import type { Stats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { openCapture } from '../format/open-capture.ts';
import { STANDARD_INPUT } from './open-input.ts';
import { CaptureFault } from '../packet-source.ts';
import { systemErrorText } from './system-error.ts';

export const ListProblem = { MISSING: 1, UNREADABLE: 2, NO_CAPTURE_IN_FOLDER: 3 } as const;
export type ListProblem = (typeof ListProblem)[keyof typeof ListProblem];

export interface CaptureListProblem {
  readonly problem: ListProblem;
  readonly path: string;
  /** A sentence for people, the path in front. */
  readonly message: string;
}

export interface CaptureList {
  /** Paths for `openCapture`, and what `pcap_filename` shows: the argument, or the argument joined with the path inside it. */
  readonly paths: readonly string[];
  /** Files in folders that are no captures. */
  readonly skippedCount: number;
  /** Those of the skipped files that may hold packets in a form that is not read: a sentence for people each, the path in front. */
  readonly unread: readonly string[];
  /** Arguments that mean nothing, and folders below them that can't be entered. */
  readonly problems: readonly CaptureListProblem[];
}

/** Files looked into at a time. */
const LOOKS_AT_A_TIME = 8;

/** Never rejects. */
export async function listCaptures(args: readonly string[]): Promise<CaptureList> {
  const paths: string[] = [];
  const problems: CaptureListProblem[] = [];
  const unread: string[] = [];
  let skippedCount = 0;
  for (const path of args) {
    const found = path === STANDARD_INPUT ? undefined : await statOf(path);
    if (found instanceof Error) {
      const missing = (found as NodeJS.ErrnoException).code === 'ENOENT';
      problems.push(problemOf(missing ? ListProblem.MISSING : ListProblem.UNREADABLE, path, systemErrorText(found)));
    } else if (found?.isDirectory() === true) {
      const candidates = await listFolder(path, found, problems);
      const captures = await keepCaptures(candidates, unread);
      skippedCount += candidates.length - captures.length;
      if (captures.length === 0) {
        const what = `no capture in this folder (${candidates.length} files looked into)`;
        problems.push(problemOf(ListProblem.NO_CAPTURE_IN_FOLDER, path, what));
      }
      for (const capture of captures) paths.push(capture);
    } else {
      paths.push(path);
    }
  }
  return { paths, skippedCount, unread, problems };
}

function problemOf(problem: ListProblem, path: string, what: string): CaptureListProblem {
  return { problem, path, message: `${path}: ${what}` };
}

async function statOf(path: string): Promise<Stats | Error> {
  try {
    return await stat(path);
  } catch (error) {
    return error as Error;
  }
}

/** Regular files below a folder, sorted. */
async function listFolder(folder: string, found: Stats, problems: CaptureListProblem[]): Promise<string[]> {
  const files: string[] = [];
  const entered = new Set([identityOf(found)]);
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const prefix = next.endsWith('/') ? next : `${next}/`;
    for (const name of await namesIn(next, problems)) {
      const path = prefix + name;
      const entry = await statOf(path);
      if (entry instanceof Error) {
        if (!(await isLink(path))) problems.push(problemOf(ListProblem.UNREADABLE, path, systemErrorText(entry)));
        continue;
      }
      if (entry.isFile()) files.push(path);
      if (!entry.isDirectory() || entered.has(identityOf(entry))) continue;
      entered.add(identityOf(entry));
      waiting.push(path);
    }
  }
  return sortByOctets(files);
}

/** A link that leads nowhere is no file; a name that is no UTF-8 text is one that can't be reached by it. */
async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
}

function identityOf(entry: Stats): string {
  return `${entry.dev}:${entry.ino}`;
}

/** Sorted, so that of two ways into one folder the same is taken every time. */
async function namesIn(folder: string, problems: CaptureListProblem[]): Promise<string[]> {
  try {
    return sortByOctets(await readdir(folder)).reverse();
  } catch (error) {
    problems.push(problemOf(ListProblem.UNREADABLE, folder, systemErrorText(error)));
    return [];
  }
}

/** By UTF-8 octets: JavaScript's own order of texts is by UTF-16 units, and the locale's differs between machines. */
function sortByOctets(texts: readonly string[]): string[] {
  const keyed = texts.map((text) => ({ text, key: Buffer.from(text) }));
  return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ text }) => text);
}

/** Those that begin like a capture, or can't be opened: that must not pass for "no capture". */
async function keepCaptures(candidates: readonly string[], unread: string[]): Promise<string[]> {
  const kept: string[] = [];
  for (let at = 0; at < candidates.length; at += LOOKS_AT_A_TIME) {
    const some = candidates.slice(at, at + LOOKS_AT_A_TIME);
    const looks = await Promise.all(some.map(lookInto));
    some.forEach((path, i) => {
      const { isCapture, unreadForm } = looks[i]!;
      if (isCapture) kept.push(path);
      else if (unreadForm !== '') unread.push(`${path}: skipped: ${unreadForm}`);
    });
  }
  return kept;
}

/** `unreadForm`: what it is where it may hold packets in a form that is not read, else empty. */
async function lookInto(path: string): Promise<{ readonly isCapture: boolean; readonly unreadForm: string }> {
  const capture = openCapture(path);
  const recognised = await capture.start();
  await capture.close();
  const { fault, message } = capture.end;
  const isCapture = recognised || fault === CaptureFault.UNREADABLE;
  return { isCapture, unreadForm: fault === CaptureFault.UNREAD_FORMAT ? message : '' };
}

/**
 * Resolves the arguments of a command to captures, in the order of reading: arguments as given, files below a folder
 * sorted by the bytes of their paths, so that the order is the same on every machine.
 *
 * A file given as an argument is always listed; whether it is a capture shows when it is read. Below a folder, every
 * regular file is inspected, and files that are not captures are skipped and counted. Links are followed. A folder is
 * entered only once, so a loop of links ends.
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
  /** A sentence for the user that begins with the path. */
  readonly message: string;
}

export interface CaptureList {
  /**
   * Paths for `openCapture`, also shown as `pcap_filename`: the argument, or the argument joined with the path below
   * it.
   */
  readonly paths: readonly string[];
  /** Files in folders that are not captures. */
  readonly skippedCount: number;
  /**
   * The skipped files that may contain packets in an unsupported format: a sentence for the user each, beginning with
   * the path.
   */
  readonly unread: readonly string[];
  /** Arguments that do not exist, and folders below them that cannot be read. */
  readonly problems: readonly CaptureListProblem[];
}

/** Files inspected at a time. */
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
        const what = `no capture in this folder (${candidates.length} files inspected)`;
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
  return sortByBytes(files);
}

/** A broken link is no file. A name that is not valid UTF-8 cannot be opened by its decoded text. */
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

/** Sorted, so that of two ways into one folder always the same is taken. */
async function namesIn(folder: string, problems: CaptureListProblem[]): Promise<string[]> {
  try {
    return sortByBytes(await readdir(folder)).reverse();
  } catch (error) {
    problems.push(problemOf(ListProblem.UNREADABLE, folder, systemErrorText(error)));
    return [];
  }
}

/** By UTF-8 bytes: JavaScript compares UTF-16 units, and the locale's order differs between machines. */
function sortByBytes(texts: readonly string[]): string[] {
  const keyed = texts.map((text) => ({ text, key: Buffer.from(text) }));
  return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ text }) => text);
}

/** The files that begin like a capture or cannot be opened: an unreadable file must not count as "no capture". */
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

/** `unreadForm` describes a file that may contain packets in an unsupported format; else it is empty. */
async function lookInto(path: string): Promise<{ readonly isCapture: boolean; readonly unreadForm: string }> {
  const capture = openCapture(path);
  const recognised = await capture.start();
  await capture.close();
  const { fault, message } = capture.end;
  const isCapture = recognised || fault === CaptureFault.UNREADABLE;
  return { isCapture, unreadForm: fault === CaptureFault.UNREAD_FORMAT ? message : '' };
}

/** The summary's warning about files that were read as one capture but do not follow each other in packet time. */
import type { FileBack, FilesBack } from '../../pipeline/file-order.ts';

const MICROS_PER_SECOND = 1e6;
const UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, 'days'],
  [3600, 'hours'],
  [60, 'minutes'],
];

/** A warning in one line; empty if the files follow each other. */
export function filesBackText({ count, first, largest }: FilesBack, fileCount: number): string {
  if (first === null || largest === null) return '';
  const what =
    count === 1
      ? `${first.file} begins ${endText(first)}`
      : `${count} of ${fileCount} files begin before the end of files that were read before them ` +
        `(the first is ${first.file}, ${endText(first)}; the farthest ${largest.file}, ${endText(largest)})`;
  return (
    `${what}. Without --each all files are one capture: flows with the same addresses and ports were ` +
    'joined across files, ' +
    'and packet time went back. Give --each if each file is a capture of its own.'
  );
}

export interface FilesBackFields {
  readonly count: number;
  readonly first: FileBackFields;
  readonly largest: FileBackFields;
}

interface FileBackFields {
  readonly file: string;
  readonly before_end_of: string;
  readonly seconds: number;
}

/** The warning as JSON; null if the files follow each other. */
export function filesBackJson({ count, first, largest }: FilesBack): FilesBackFields | null {
  if (first === null || largest === null) return null;
  return { count, first: asJson(first), largest: asJson(largest) };
}

function endText({ before, backUs }: FileBack): string {
  return `${spanText(backUs)} before the end of ${before}`;
}

function asJson({ file, before, backUs }: FileBack): FileBackFields {
  return { file, before_end_of: before, seconds: backUs / MICROS_PER_SECOND };
}

function spanText(micros: number): string {
  const seconds = micros / MICROS_PER_SECOND;
  const unit = UNITS.find(([length]) => seconds >= 2 * length);
  return unit === undefined ? `${seconds} s` : `${(seconds / unit[0]).toFixed(1)} ${unit[1]}`;
}

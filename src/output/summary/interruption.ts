/** How far a run came that a signal interrupted, for the summary. */
import { formatMicros } from '../../core/units.ts';

export interface Interruption {
  readonly signal: string;
  readonly file: string;
  /** Position of the file among all files, from 1. */
  readonly fileNumber: number;
  readonly fileCount: number;
  /** Packets of this file that were read. */
  readonly packet: number;
  /** Time of the last packet; NaN before the first. */
  readonly timeUs: number;
  /** Bytes read of all files, including this one. */
  readonly bytes: number;
  /** Total bytes of all files; null if one of them has no size, like a pipe. */
  readonly bytesTotal: number | null;
}

/** One sentence, without the full stop. */
export function interruptionText(interruption: Interruption): string {
  const { signal, file, fileNumber, fileCount, packet, timeUs } = interruption;
  const name = file === '-' ? 'standard input' : file;
  const which = fileCount === 1 ? name : `${name} (file ${fileNumber} of ${fileCount})`;
  const share = shareRead(interruption);
  const far = share === null ? '' : `, ${(share * 100).toFixed(1)} % of all bytes`;
  if (packet === 0) return `interrupted by ${signal} before a packet of ${which} was read${far}`;
  const number = packet.toLocaleString('en-US');
  return `interrupted by ${signal} after packet ${number} of ${which}, packet time ${formatMicros(timeUs)}${far}`;
}

/** The interruption as JSON. */
export interface InterruptionFields {
  readonly signal: string;
  readonly file: string;
  readonly file_number: number;
  readonly files: number;
  readonly packet: number;
  readonly time: string | null;
  readonly bytes_read: number;
  readonly bytes_total: number | null;
  readonly share: number | null;
}

export function interruptionJson(interruption: Interruption): InterruptionFields {
  const { signal, file, fileNumber, fileCount, packet, timeUs, bytes, bytesTotal } = interruption;
  return {
    signal,
    file,
    file_number: fileNumber,
    files: fileCount,
    packet,
    time: packet === 0 ? null : formatMicros(timeUs),
    bytes_read: bytes,
    bytes_total: bytesTotal,
    share: shareRead(interruption),
  };
}

/** From 0 to 1, with four digits. */
function shareRead({ bytes, bytesTotal }: Interruption): number | null {
  if (bytesTotal === null || bytesTotal === 0) return null;
  return Math.floor(Math.min(1, bytes / bytesTotal) * 10_000) / 10_000;
}

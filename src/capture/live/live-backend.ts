/**
 * What captures packets on an interface: a process of its own that writes pcap to its standard output and says on standard
 * error what it counts. Only that process needs the right to capture; Sluice itself reads a pipe.
 */
import type { ChildProcess } from 'node:child_process';

export const CAPTURE_WITH = ['auto', 'cap', 'tcpdump'] as const;
export type CaptureWith = (typeof CAPTURE_WITH)[number];

export interface CaptureRequest {
  readonly device: string;
  /** In the language of pcap-filter(7); empty for everything. */
  readonly filter: string;
  /** Octets of a packet that are kept. */
  readonly snaplen: number;
  /** Octets that the kernel may hold for a capturing process that is behind. */
  readonly kernelBuffer: number;
}

/** What a capturing process has counted so far. */
export interface ProcessCounts {
  readonly captured: number;
  /** Packets lost, by who lost them. */
  readonly dropped: Readonly<Record<string, number>>;
}

export interface CaptureBackend {
  readonly name: 'tcpdump' | 'cap';
  /** Starts a capturing process that writes to `standardOutput`: a descriptor, or a pipe of its own. */
  spawn(request: CaptureRequest, standardOutput: number | 'pipe'): ChildProcess;
  /** The counts in a line of its standard error; null where there are none. */
  countsIn(line: string): ProcessCounts | null;
  /** Asks the process to say what it counts; some say it by themselves. */
  askCounts(process: ChildProcess): void;
  /** Why it ended, as a sentence with the command that mends it, from what it wrote to standard error. */
  explain(request: CaptureRequest, standardError: string): string;
}

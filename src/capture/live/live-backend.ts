/**
 * Captures packets on an interface in a separate process, which writes pcap to its standard output and counts to its
 * standard error. Only that process needs capture rights; Sluice itself reads a pipe.
 */
import type { ChildProcess } from 'node:child_process';
import type { CodedProblem } from '../../core/coded-problem.ts';

export const CAPTURE_WITH = ['auto', 'cap', 'tcpdump'] as const;
export type CaptureWith = (typeof CAPTURE_WITH)[number];

export interface CaptureRequest {
  readonly device: string;
  /** In the syntax of pcap-filter(7); empty for all packets. */
  readonly filter: string;
  /** Maximum captured bytes of a packet. */
  readonly snaplen: number;
  /** Size of the kernel's buffer in bytes, for a capturing process that falls behind. */
  readonly kernelBuffer: number;
}

/** Counts of a capturing process since its start. */
export interface ProcessCounts {
  readonly captured: number;
  /** Packets lost, by where they were lost. */
  readonly dropped: Readonly<Record<string, number>>;
}

export interface CaptureBackend {
  readonly name: 'tcpdump' | 'cap';
  /** Starts a capturing process that writes to `standardOutput`: a descriptor, or a pipe of its own. */
  spawn(request: CaptureRequest, standardOutput: number | 'pipe'): ChildProcess;
  /** The counts in a line of its standard error; null if the line has none. */
  countsIn(line: string): ProcessCounts | null;
  /** Asks the process to print its counts; some do so periodically. */
  askCounts(process: ChildProcess): void;
  /** The reason of its end, from its standard error: a sentence with the command that fixes the problem. */
  explain(request: CaptureRequest, standardError: string): CodedProblem;
}

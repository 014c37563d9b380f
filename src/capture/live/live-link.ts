/**
 * One run of a capture on an interface, from its start to its end: a process (ProcessLink), or a connection to `sluice
 * capture` (SocketLink). LiveSource replaces a run that has ended.
 */
import type { Readable } from 'node:stream';
import type { CodedProblem } from '../../core/coded-problem.ts';
import type { ProcessCounts } from './live-backend.ts';

export interface CaptureLink {
  /** A pcap capture with its header; the stream ends with the run. */
  readonly packets: Readable;
  /** For the log, like "tcpdump captures on eth0 as process 7". */
  readonly detail: string;
  /** A filter may exclude every packet, so silence does not mean that the capture is stuck. */
  readonly isFiltered: boolean;
  /** Counts since this run began. */
  readonly counts: ProcessCounts;
  /** Why it ended: a sentence with the command that fixes the problem. */
  readonly problem: CodedProblem;
  /** Resolves when `counts` and `problem` are final. Never rejects. */
  readonly ended: Promise<void>;
  /** Requests current counts. */
  askCounts(): void;
  /** Asks it to end. Packets captured before can still be read. */
  finish(): void;
  /** Ends it immediately. */
  kill(): void;
}

/** Starts a run. Never throws: a run that cannot begin ends immediately, with its problem. */
export type OpenCapture = () => CaptureLink;

/**
 * One run of a capture on an interface, from its start to its end: a process (ProcessLink), or a connection to `sluice capture`
 * (SocketLink). LiveSource follows one that has ended with another.
 */
import type { Readable } from 'node:stream';
import type { ProcessCounts } from './live-backend.ts';

export interface CaptureLink {
  /** A pcap capture from its header on; it ends with the run. */
  readonly packets: Readable;
  /** For the log, as "tcpdump captures on eth0 as process 7". */
  readonly detail: string;
  /** A filter may leave every packet out: then silence does not mean that the capture is stuck. */
  readonly isFiltered: boolean;
  /** Counts since this run began. */
  readonly counts: ProcessCounts;
  /** Why it ended, as a sentence with the command that mends it. */
  readonly problem: string;
  /** Resolves when `counts` and `problem` are final. It never rejects. */
  readonly ended: Promise<void>;
  /** Asks for counts that are up to date. */
  askCounts(): void;
  /** Asks it to end. What it has captured can still be read. */
  finish(): void;
  /** Ends it at once. */
  kill(): void;
}

/** Starts a run. It never throws: a run that cannot begin ends at once, with its problem. */
export type OpenCapture = () => CaptureLink;

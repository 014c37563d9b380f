import type { ChildProcess } from 'node:child_process';

export class ReplayedTraffic {
  readonly child: ChildProcess;
  /** Sends the packets of `capture` on `device`, again and again, until it is stopped. */
  constructor(device: string, capture: string, packetsPerSecond: number);
  get hasEnded(): boolean;
  /** Resolves to how many packets it has sent, and in how many seconds, by its own count. */
  stop(): Promise<{ readonly packets: number; readonly seconds: number }>;
}

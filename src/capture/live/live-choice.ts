/**
 * Which back end captures. tcpdump is preferred: it loses less, knows what it loses, and has the kernel's timestamps (at
 * 200,000 packets a second over a virtual link cap lost about one in a hundred, tcpdump none).
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import type { CaptureBackend, CaptureWith } from './live-backend.ts';
import { CapBackend } from './live-cap.ts';
import { TcpdumpBackend } from './live-tcpdump.ts';

/** The back end asked for, or the better of those that are here; null where none is. */
export function chooseBackend(asked: CaptureWith): CaptureBackend | null {
  if (asked === 'cap') return new CapBackend();
  if (asked === 'tcpdump' || hasTcpdump()) return new TcpdumpBackend();
  return hasCap() ? new CapBackend() : null;
}

export function hasTcpdump(): boolean {
  return spawnSync('tcpdump', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Whether the package is there; whether it loads is seen when it is used, in a process of its own. */
function hasCap(): boolean {
  try {
    createRequire(import.meta.url).resolve('cap');
    return true;
  } catch {
    return false;
  }
}

export const NO_BACKEND =
  'nothing here can capture: sudo apt-get install tcpdump, or: sudo apt-get install libpcap-dev g++ make python3 && npm install cap';

export const NO_TCPDUMP = 'tcpdump is not installed: sudo apt-get install tcpdump';

/**
 * Chooses the back end. tcpdump is preferred: it loses fewer packets, counts its losses, and has the kernel's
 * timestamps (at 200,000 packets a second over a virtual link cap lost about 1 %, tcpdump none).
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import type { CaptureBackend, CaptureWith } from './live-backend.ts';
import { CapBackend } from './live-cap.ts';
import { TcpdumpBackend } from './live-tcpdump.ts';

/** The requested back end, or the better of the installed ones; null if there is none. */
export function chooseBackend(asked: CaptureWith): CaptureBackend | null {
  if (asked === 'cap') return new CapBackend();
  if (asked === 'tcpdump' || hasTcpdump()) return new TcpdumpBackend();
  return hasCap() ? new CapBackend() : null;
}

export function hasTcpdump(): boolean {
  return spawnSync('tcpdump', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** True if the package is installed. Loading it may still fail, in the capturing process. */
function hasCap(): boolean {
  try {
    createRequire(import.meta.url).resolve('cap');
    return true;
  } catch {
    return false;
  }
}

export const NO_BACKEND =
  'nothing here can capture: sudo apt-get install tcpdump, or: sudo apt-get install libpcap-dev g++ ' +
  'make python3 && npm install cap';

export const NO_TCPDUMP = 'tcpdump is not installed: sudo apt-get install tcpdump';

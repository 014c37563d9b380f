/**
 * Capturing with the package `cap`, in a separate process, so that its failure does not end Sluice.
 *
 * Limits: a timestamp is the time at which JavaScript receives the packet, and cap counts no losses. The process
 * estimates them from the interface's counters if no filter excludes packets.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CodedProblem } from '../../core/coded-problem.ts';
import { sourceProblem } from '../source-problem.ts';
import type { CaptureBackend, CaptureRequest, ProcessCounts } from './live-backend.ts';
import { lastLine } from './live-tcpdump.ts';

/** The compiled file, because Node 20 cannot run TypeScript. */
const PROGRAM = fileURLToPath(new URL('./live-cap-process.js', import.meta.url));
const COUNTS = /^counts captured=(\d+) missed=(\d+)/;

export class CapBackend implements CaptureBackend {
  readonly name = 'cap';

  spawn({ device, filter, snaplen, kernelBuffer }: CaptureRequest, standardOutput: number | 'pipe'): ChildProcess {
    const args = [PROGRAM, device, filter, String(snaplen), String(kernelBuffer)];
    return spawn(process.execPath, args, { stdio: ['ignore', standardOutput, 'pipe'] });
  }

  countsIn(line: string): ProcessCounts | null {
    const match = COUNTS.exec(line);
    return match === null ? null : { captured: Number(match[1]), dropped: { missed: Number(match[2]) } };
  }

  askCounts(): void {
    // The process prints its counts periodically.
  }

  explain({ device, filter }: CaptureRequest, standardError: string): CodedProblem {
    if (/Cannot find (module|package)|cap\.node|libpcap/i.test(standardError)) return sourceProblem('cap-missing');
    if (/permission|not permitted/i.test(standardError)) return sourceProblem('cap-without-right', device);
    if (/No such device|doesn't exist/i.test(standardError)) return sourceProblem('interface-unknown', device);
    if (/not up|network is down/i.test(standardError)) return sourceProblem('interface-down', device);
    if (/syntax error|filter|expression/i.test(standardError))
      return sourceProblem('filter-invalid', JSON.stringify(filter), lastLine(standardError));
    return sourceProblem('cap-ended', lastLine(standardError));
  }
}

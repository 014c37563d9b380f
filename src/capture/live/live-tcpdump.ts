/**
 * Capturing with tcpdump: packets have the kernel's timestamps, and the kernel counts losses.
 *
 * tcpdump prints its counts at the end and on SIGUSR1, in the format of its info() ("N packets dropped by kernel").
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { CodedProblem } from '../../core/coded-problem.ts';
import { sourceProblem } from '../source-problem.ts';
import type { CaptureBackend, CaptureRequest, ProcessCounts } from './live-backend.ts';

const BYTES_PER_UNIT = 1024;
const COUNTS = /(\d+) packets? (captured|dropped by kernel|dropped by interface)/g;

export class TcpdumpBackend implements CaptureBackend {
  readonly name = 'tcpdump';

  spawn({ device, filter, snaplen, kernelBuffer }: CaptureRequest, standardOutput: number | 'pipe'): ChildProcess {
    const args = ['-i', device, '-n', '-w', '-', '-U', '--immediate-mode', '-s', String(snaplen)];
    args.push('-B', String(Math.ceil(kernelBuffer / BYTES_PER_UNIT)), '--time-stamp-precision=micro');
    if (filter !== '') args.push('--', filter);
    // English output, independent of the system's language.
    return spawn('tcpdump', args, { stdio: ['ignore', standardOutput, 'pipe'], env: { ...process.env, LC_ALL: 'C' } });
  }

  countsIn(line: string): ProcessCounts | null {
    const found = new Map([...line.matchAll(COUNTS)].map(([, count, what]) => [what!, Number(count)]));
    if (found.size === 0) return null;
    const dropped: Record<string, number> = {};
    for (const by of ['kernel', 'interface']) {
      const count = found.get(`dropped by ${by}`);
      if (count !== undefined) dropped[by] = count;
    }
    return { captured: found.get('captured') ?? 0, dropped };
  }

  askCounts(process: ChildProcess): void {
    process.kill('SIGUSR1');
  }

  explain({ device, filter }: CaptureRequest, standardError: string): CodedProblem {
    if (standardError.includes('ENOENT')) return sourceProblem('tcpdump-missing');
    if (/permission|not permitted/i.test(standardError)) return sourceProblem('tcpdump-without-right', device);
    if (/No such device|doesn't exist/i.test(standardError)) return sourceProblem('interface-unknown', device);
    if (/not up|network is down/i.test(standardError)) return sourceProblem('interface-down', device);
    if (/syntax error|parse filter|expression/i.test(standardError))
      return sourceProblem('filter-invalid', JSON.stringify(filter), lastLine(standardError));
    return sourceProblem('tcpdump-ended', lastLine(standardError));
  }
}

/** The last line with text. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

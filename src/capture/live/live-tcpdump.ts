/**
 * Capturing with tcpdump: packets have the kernel's timestamps, and the kernel counts losses.
 *
 * tcpdump prints its counts at the end and on SIGUSR1, in the format of its info() ("N packets dropped by kernel").
 */
import { type ChildProcess, spawn } from 'node:child_process';
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

  explain({ device, filter }: CaptureRequest, standardError: string): string {
    if (standardError.includes('ENOENT')) return 'tcpdump is not installed: sudo apt-get install tcpdump';
    if (/permission|not permitted/i.test(standardError)) {
      return (
        `no right to capture on ${device}. Give it to tcpdump alone, not to Sluice: sudo setcap ` +
        'cap_net_raw,cap_net_admin=eip "$(readlink -f "$(command -v tcpdump)")"'
      );
    }
    if (/No such device|doesn't exist/i.test(standardError))
      return `there is no interface ${device}; ip link shows them`;
    if (/not up|network is down/i.test(standardError)) return `${device} is down: sudo ip link set ${device} up`;
    if (/syntax error|parse filter|expression/i.test(standardError)) {
      return `the filter ${JSON.stringify(filter)} is invalid, see man pcap-filter: ${lastLine(standardError)}`;
    }
    return `tcpdump ended: ${lastLine(standardError)}`;
  }
}

/** The last line with text. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

/**
 * Capturing with the package `cap`, in a separate process, so that its failure does not end Sluice.
 *
 * Limits: a timestamp is the time at which JavaScript receives the packet, and cap counts no losses. The process
 * estimates them from the interface's counters if no filter excludes packets.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
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

  explain({ device, filter }: CaptureRequest, standardError: string): string {
    if (/Cannot find (module|package)|cap\.node|libpcap/i.test(standardError)) {
      return (
        'the package cap is not built here: sudo apt-get install libpcap-dev g++ make python3 && npm ' +
        'install cap; or use --capture-with tcpdump'
      );
    }
    if (/permission|not permitted/i.test(standardError)) {
      return (
        `no right to capture on ${device}. Give it to Node: sudo setcap cap_net_raw=eip "$(readlink -f ` +
        '"$(command -v node)")"; or, better, use --capture-with tcpdump and give it to tcpdump alone'
      );
    }
    if (/No such device|doesn't exist/i.test(standardError))
      return `there is no interface ${device}; ip link shows them`;
    if (/not up|network is down/i.test(standardError)) return `${device} is down: sudo ip link set ${device} up`;
    if (/syntax error|filter|expression/i.test(standardError)) {
      return `the filter ${JSON.stringify(filter)} is invalid, see man pcap-filter: ${lastLine(standardError)}`;
    }
    return `the capturing process ended: ${lastLine(standardError)}`;
  }
}

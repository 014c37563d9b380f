import { type ChildProcess, spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { CaptureBackend } from '../../src/capture/live/live-backend.ts';
import { ProcessLink } from '../../src/capture/live/live-process.ts';
import { TcpdumpBackend } from '../../src/capture/live/live-tcpdump.ts';

const request = { device: 'eth7', filter: '', snaplen: 96, kernelBuffer: 1 << 20 };

/** tcpdump's backend, with a shell command in tcpdump's place. */
function running(command: string): CaptureBackend {
  return Object.assign(new TcpdumpBackend(), {
    spawn: (_: unknown, standardOutput: number | 'pipe'): ChildProcess =>
      spawn('sh', ['-c', command], { stdio: ['ignore', standardOutput, 'pipe'] }),
  });
}

describe('a capturing process that has ended', () => {
  it.each([
    ['with a message is explained by its last line', 'echo one >&2; echo two >&2; exit 3', 'tcpdump ended: two'],
    ['without one by its exit code', 'exit 3', 'tcpdump ended: exit code 3, without a message'],
    ['and was killed, by the signal', 'kill -9 $$', 'tcpdump ended: by the signal SIGKILL'],
  ])('%s', async (_, command, problem) => {
    const link = new ProcessLink(running(command), request);
    link.packets.resume();
    await link.ended;
    expect(link.problem.problem).toBe(problem);
  });
});

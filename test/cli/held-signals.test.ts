import { afterEach, expect, it } from 'vitest';
import { HeldSignals } from '../../src/daemon/held-signals.ts';

const SIGNALS = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

afterEach(() => {
  for (const signal of SIGNALS) process.removeAllListeners(signal);
});

it('holds signals until the daemon is ready, each once, and passes them on from then on', () => {
  const done: string[] = [];
  const signals = new HeldSignals();
  for (const signal of ['SIGHUP', 'SIGHUP', 'SIGUSR2'] as const) process.emit(signal);
  expect(done).toEqual([]);
  signals.release({
    reload: (signal) => done.push(signal),
    reopen: () => done.push('reopen'),
  });
  expect(done).toEqual(['SIGHUP', 'reopen']);
  for (const signal of ['SIGUSR1', 'SIGHUP', 'SIGUSR2'] as const) process.emit(signal);
  expect(done).toEqual(['SIGHUP', 'reopen', 'reopen', 'SIGHUP', 'reopen']);
});

/** Each input of the fuzzer has its structures checked: in every run of an input, and a broken one fails it. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { examine } from './examine.mjs';
import { EngineRun } from './sluice.mjs';

const INPUT = readFileSync('captures/wireguard/rekey.pcap');
/** The runs of an input: as it is, twice between poison, by the debug build, and read again. */
const RUNS = ['first', 'poisoned 0', 'poisoned 1', 'debug', 'again'];
/** Those of them that are checked after each batch too. */
const FOLLOWED = ['first', 'debug'];

const { prototype } = EngineRun;

/** By run: its batches, and how often it was checked. */
let batches: Map<string, number>;
let checks: Map<string, number>;

/** Counts the calls of a method by run, and makes each call. */
function follow(method: 'process' | 'checkInvariants', counts: Map<string, number>): void {
  const original = prototype[method];
  vi.spyOn(prototype, method).mockImplementation(function (this: EngineRun, batch?: unknown) {
    counts.set(this.name, (counts.get(this.name) ?? 0) + 1);
    original.call(this, batch);
  });
}

beforeEach(() => {
  batches = new Map();
  checks = new Map();
});
afterEach(() => vi.restoreAllMocks());

describe('an input of the fuzzer', () => {
  it('has its structures checked in every run: at the end, and in two runs after each batch', async () => {
    follow('process', batches);
    follow('checkInvariants', checks);
    expect((await examine(INPUT, 0)).failure).toBeUndefined();
    for (const run of FOLLOWED) expect(batches.get(run)).toBeGreaterThan(0);
    expect(Object.fromEntries(checks)).toEqual(
      Object.fromEntries(RUNS.map((run) => [run, 1 + (FOLLOWED.includes(run) ? batches.get(run)! : 0)])),
    );
  });

  it.each(RUNS)('fails where a structure of the run %s is broken', async (name) => {
    vi.spyOn(prototype, 'checkInvariants').mockImplementation(function (this: EngineRun) {
      if (this.name === name) throw new Error('broken on purpose');
    });
    expect((await examine(INPUT, 0)).failure).toEqual({ check: 'invariant', detail: 'broken on purpose' });
  });

  it.each(['tracker', 'decisions'] as const)('fails where the %s finds its structures broken', async (owner) => {
    const { process } = prototype;
    vi.spyOn(prototype, 'process').mockImplementation(function (this: EngineRun, batch: unknown) {
      process.call(this, batch);
      vi.spyOn(this[owner], 'checkInvariants').mockImplementation(() => {
        throw new Error(`${owner} broken on purpose`);
      });
    });
    expect((await examine(INPUT, 0)).failure).toEqual({ check: 'invariant', detail: `${owner} broken on purpose` });
  });
});

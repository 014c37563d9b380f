/** What the tests of a change's evaluation share: policies, registries and recorded flows in short forms. */
import { expect } from 'vitest';
import { Protocol } from '../../src/core/protocol.ts';
import { Stage } from '../../src/dataplane/host/finding.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import type { Mode } from '../../src/policy/mode.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { RecordedFlow, type RecordedFlows } from '../../src/policy/recorded-flow.ts';
import type { RulesAt } from '../../src/policy/trial-rules.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';
import { lazy } from '../kit/lazy.ts';

export const NOW = 1_731_240_000_000_000;
const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

export function policyOf(...rules: string[]): Policy {
  const { policy, issues } = parsePolicy(
    encode(`name: x\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`),
    'p',
  );
  expect(issues.errorCount).toBe(0);
  return policy!;
}

export function registryOf(...rows: string[]): Registry {
  return parseRegistry(encode(HEADER + rows.map((row) => `${row}\n`).join('')), 'r').registry!;
}

export const at = (policy: Policy, registry: Registry, mode: Mode = 'enforce', timeUs = NOW): RulesAt => ({
  policy,
  registry,
  mode,
  timeUs,
});

/** A short form of a flow: the last bytes of client 10.0.0.x and server 198.51.100.y. */
export interface Flow {
  readonly client: number;
  readonly server: number;
  readonly protocol?: number;
  readonly stage?: number;
  readonly tunnel?: number;
  readonly agoUs?: number;
  readonly bytes?: number;
  readonly keptServer?: number;
}

export const CLIENT = 0x0a000000;
export const SERVER = 0xc6336400 | 0;

export function recorded(flows: readonly Flow[], leftOut = 0): RecordedFlows {
  const record = new RecordedFlow();
  return {
    visit: (take) => {
      for (const flow of flows) {
        const { input } = record;
        input.protocol = flow.protocol ?? Protocol.WIREGUARD;
        input.stage = flow.stage ?? Stage.CONFIRMED;
        input.transport = 17;
        input.source.set([0, 0, 0xffff, CLIENT | flow.client]);
        input.destination.set([0, 0, 0xffff, SERVER | flow.server]);
        input.bytes = flow.bytes ?? 1000;
        record.lastTimeUs = NOW - (flow.agoUs ?? 0);
        record.tunnel = flow.tunnel ?? 0;
        record.hasKeptSource = false;
        record.hasKeptDestination = flow.keptServer !== undefined;
        record.keptDestination.set([0, 0, 0xffff, SERVER | (flow.keptServer ?? 0)]);
        take(record);
      }
      return leftOut;
    },
  };
}

export const baseline = lazy(() =>
  policyOf(
    '{ name: registered, when: { registered: either }, action: allow }',
    '{ name: rest, when: { registered: none }, action: block }',
  ),
);
export const BANK = '198.51.100.0/24,Bank,bank,,,,r';
export const clients = (count: number, first = 0): Flow[] =>
  Array.from({ length: count }, (_, number) => ({ client: first + number, server: 7 }));

/**
 * `sluice check --traffic` and the summary of `replay`: whether a policy that works as intended would trip its own
 * limits.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Conversation } from '../kit/many-clients.ts';
import { temporaryFolder } from '../kit/running-daemon.ts';
import { sluice } from './sluice.ts';

const CLIENTS = 40;
const START_US = 1_731_261_600_000_000;
const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const CUT = '{ name: cut, when: { stage: confirmed }, action: block }';

const folder = temporaryFolder();
const [policy, registry, traffic] = ['policy.yaml', 'registry.csv', 'hour.pcap'].map((name) =>
  join(folder.path, name),
) as [string, string, string];

function writePolicy(limits: string, rules = CUT): void {
  const text = `name: test\nmode: observe\nrules: [${rules}]\nsafety: { limits: [${limits}] }\n`;
  writeFileSync(policy, text);
}

async function checked(): Promise<string> {
  const { code, stdout } = await sluice(['check', '--policy', policy, '--registry', registry, '--traffic', traffic]);
  expect(code).toBe(0);
  const lines = stdout.split('\n').filter((line) => line.includes('on this traffic'));
  return lines.join('\n').replaceAll(policy, 'POLICY');
}

beforeAll(() => {
  writeFileSync(registry, HEADER);
  const handshakes = new Conversation('wireguard/handshake-only.pcap');
  writeFileSync(traffic, handshakes.capture(0, CLIENTS, START_US, 100_000));
});
afterAll(() => {
  folder.remove();
});

describe('check --traffic', () => {
  it('says when, on which limit and by which rule the breaker would trip, also of a policy that only observes', async () => {
    writePolicy('{ window: 60s, stage: confirmed, clients: 7 }');
    expect(await checked()).toBe(
      'POLICY: on this traffic: The safety breaker would have tripped at 2024-11-10T18:00:00.700648Z on rule cut ' +
        '(clients newly hit within 60s confirmed: 8, allowed: 7, with a finding: 8).',
    );
  });

  it('says that an intended roll-out stays within its limits', async () => {
    writePolicy(
      '{ window: 60s, stage: confirmed, clients: 500, share: 20%, floor: 20 }',
      CUT.replace(' }, action', ' }, rollout: 10%, action'),
    );
    expect(await checked()).toBe(
      "POLICY: on this traffic: The safety breaker would not have tripped: this traffic stays within the policy's limits.",
    );
  });

  it('names a trip for suspected findings beside the one that stops all', async () => {
    const all = '{ name: all, action: block }';
    writePolicy(
      '{ window: 60s, stage: suspected, clients: 3, then: ignore-suspected }, { window: 60s, stage: confirmed, clients: 7 }',
      all,
    );
    const lines = (await checked()).split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('would have tripped for suspected findings');
    expect(lines[1]).toContain('60s confirmed: 8, allowed: 7');
  });

  it('says that a registered user would be hit', async () => {
    writePolicy('{ window: 60s, stage: confirmed, clients: 500 }');
    writeFileSync(registry, `${HEADER}198.51.100.0/24,Bank,bank,,,,OW-1\n`);
    expect(await checked()).toContain('on rule cut (registered hits: 1, allowed: 0)');
    writeFileSync(registry, HEADER);
  });

  it('ends with 2 where there is no such capture, and tries no rules that are not valid', async () => {
    writePolicy('{ window: 60s, clients: 7 }');
    const missing = ['check', '--policy', policy, '--registry', registry, '--traffic', join(folder.path, 'none.pcap')];
    expect((await sluice(missing)).code).toBe(2);
    writeFileSync(policy, 'name: test\nrules: [{ name: cut }]\n');
    const { code, stdout } = await sluice(['check', '--policy', policy, '--registry', registry, '--traffic', traffic]);
    expect([code, stdout.includes('on this traffic')]).toEqual([3, false]);
  });
});

describe('the summary of a replay in mode enforce', () => {
  it('has the trips that the breaker would have had', async () => {
    writePolicy('{ window: 60s, stage: confirmed, clients: 7 }');
    const args = ['replay', traffic, '--policy', policy, '--registry', registry, '--json', '--mode'];
    const breaker = async (mode: string): Promise<unknown> =>
      (JSON.parse((await sluice([...args, mode])).stdout) as { breaker: unknown }).breaker;
    expect(await breaker('observe')).toBeNull();
    expect(await breaker('enforce')).toMatchObject({
      would_trip: [{ then: 'observe', cause: 'clients', limit: '60s confirmed', clients_affected: 8, rule: 'cut' }],
    });
  });
});

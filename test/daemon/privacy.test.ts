/**
 * A daemon with pseudonyms: events, flows, log, metrics and answers show no true address and nothing of a registration.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { Conversation } from '../kit/many-clients.ts';
import { endAll, eventsOf, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const folder = temporaryFolder();
const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference';
const handshake = new Conversation('wireguard/handshake-only.pcap');
const START_US = 1_731_261_600_000_000;

afterEach(() => {
  endAll();
  folder.remove();
});

it('shows none of them', async () => {
  const at = (name: string): string => join(folder.path, name);
  writeFileSync(at('key'), new Uint8Array(32).fill(7), { mode: 0o600 });
  writeFileSync(at('many.pcap'), handshake.capture(0, 200, START_US, 100));
  const plain = new RunningDaemon(['-', '--decisions', at('plain.jsonl'), '--listen', 'none']);
  plain.child.stdin!.end(readFileSync(at('many.pcap')));
  await plain.ended;
  const [first] = eventsOf(at('plain.jsonl')) as unknown as { src_ip: string; dest_ip: string }[];
  const addresses = (eventsOf(at('plain.jsonl')) as unknown as { src_ip?: string; dest_ip?: string }[]).flatMap(
    ({ src_ip, dest_ip }) => [src_ip, dest_ip].filter((text) => text !== undefined),
  );
  expect(addresses.length).toBeGreaterThan(400);
  const secrets = [...new Set(addresses), 'Umbra Example Holding', 'REF-2024-7', '203.0.113.0/24'];
  writeFileSync(
    at('registry.csv'),
    `${HEADER}\n${first!.dest_ip}/32,Umbra Example Holding,bank,,2020-01-01,,REF-2024-7\n`,
  );
  const flags = ['--addresses', 'pseudonym', '--address-key', at('key'), '--registry', at('registry.csv')];
  const outputs = ['--decisions', at('decisions.jsonl'), '--flows', at('flows.jsonl'), '--state', at('state')];
  const daemon = await new RunningDaemon(['-', ...flags, ...outputs, '--mode', 'enforce']).started();
  daemon.child.stdin!.write(readFileSync(at('many.pcap')));
  await until('all is decided', () => eventsOf(at('decisions.jsonl')).length >= 400);
  writeFileSync(
    at('registry.csv'),
    `${HEADER}\n203.0.113.0/24;203.0.113.0/24,Umbra Example Holding,x y,,z,,REF-2024-7\n`,
  );
  daemon.child.kill('SIGHUP');
  await until('the reload has failed', () => daemon.log.includes('reload failed'));
  const metrics = await daemon.get('/metrics');
  await daemon.kill();
  const outputText = ['decisions.jsonl', 'flows.jsonl'].map((name) => readFileSync(at(name), 'utf8')).join('\n');
  const text = `${outputText}\n${daemon.log}\n${metrics}`;
  expect(outputText).toMatch(/"sector":"bank","reference":"[0-9a-f]{16}"/);
  expect(
    secrets.filter(
      (secret) => text.includes(`"${secret}"`) || text.includes(`${secret} `) || text.includes(`${secret}/`),
    ),
  ).toEqual([]);
  expect(daemon.log).toContain('not shown where addresses are hidden; sluice check shows it');
});

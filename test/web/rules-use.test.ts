/** Since when rules are in use, by a running daemon: over a reload of the same files and a restart; and when changes took place. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeList } from '../../src/history/query/change-list.ts';
import type { LiveDocument } from '../../src/web/api/live-schema.ts';
import { registrySummary } from '../../src/web/api/registry-schema.ts';
import { rulesDocument } from '../../src/web/api/rules-schema.ts';
import { Conversation } from '../kit/many-clients.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const handshake = new Conversation('wireguard/handshake-only.pcap');

describe('the time since when rules are in use', () => {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder.path, name);
  const policy = (name: string): void => {
    writeFileSync(path('policy.yaml'), `name: ${name}\nmode: observe\nrules:\n  - { name: all, action: allow }\n`);
  };
  const start = (...flags: string[]): Promise<RunningDaemon> =>
    new RunningDaemon([
      '-',
      ...['--policy', path('policy.yaml'), '--registry', path('registry.csv'), '--history', path('history.db')],
      ...flags,
    ]).started();
  /** By the answers of the two pages, once the live document says the same. */
  const sinceOf = async (daemon: RunningDaemon): Promise<readonly [number, number]> => {
    let found = [0, 0] as readonly [number, number];
    await until('the live document says the same', async () => {
      const rules = rulesDocument.parse(JSON.parse(await daemon.get('/api/v1/rules')));
      const registry = registrySummary.parse(JSON.parse(await daemon.get('/api/v1/registry')));
      const live = JSON.parse(await daemon.get('/api/v1/live')) as LiveDocument;
      found = [rules.since_ms, registry.since_ms];
      return live.rules_since_ms === rules.since_ms;
    });
    return found;
  };
  /** A packet of now: rules are noted from the first one on. */
  const feed = async (daemon: RunningDaemon): Promise<void> => {
    daemon.child.stdin!.write(handshake.capture(0, 1, Date.now() * 1000, 1000));
    await until('the rules are noted', async () => {
      const { changes } = changeList.parse(JSON.parse(await daemon.get('/api/v1/changes?kind=rules')));
      return changes.length > 0;
    });
  };

  beforeAll(() => {
    policy('first');
    writeFileSync(path('registry.csv'), HEADER);
  });
  afterAll(() => {
    folder.remove();
  });

  it('stays over a reload that changes nothing and over a restart, and is new for other rules', async () => {
    let daemon = await start();
    await feed(daemon);
    const first = await sinceOf(daemon);
    await sleep(50);
    expect(await daemon.ask('reload')).toMatchObject({ result: 'unchanged' });
    expect(await sinceOf(daemon)).toEqual(first);
    await daemon.kill();

    daemon = await start();
    await until('the history was asked', async () => (await sinceOf(daemon))[0] === first[0]);
    expect(await sinceOf(daemon)).toEqual(first);
    // Another policy beside the same registry, taken while the daemon runs.
    await feed(daemon);
    policy('second');
    const beforeMs = Date.now();
    expect(await daemon.ask('reload')).toMatchObject({ result: 'success' });
    await until('the new rules are noted', async () => (await sinceOf(daemon))[0] >= beforeMs);
    const second = await sinceOf(daemon);
    expect(second[1]).toBe(first[1]);
    await until('they are in the history', async () => {
      const { changes } = changeList.parse(JSON.parse(await daemon.get('/api/v1/changes?kind=rules')));
      return changes.some(({ fields }) => fields.since_ms === second[0]);
    });
    await daemon.kill();

    daemon = await start();
    await until('the history was asked', async () => (await sinceOf(daemon))[1] === first[1]);
    expect(await sinceOf(daemon)).toEqual(second);
    await daemon.kill();

    // The same files in another mode are enforced from now on.
    daemon = await start('--mode', 'enforce');
    await until('the history was asked', async () => (await sinceOf(daemon))[1] === first[1]);
    expect((await sinceOf(daemon))[0]).toBeGreaterThan(second[0]);
    await daemon.kill();
  });

  it('a reload without packets is of its time, and not of the last packet', async () => {
    const daemon = await new RunningDaemon([
      '-',
      ...['--policy', path('policy.yaml'), '--registry', path('registry.csv')],
    ]).started();
    await feed(daemon);
    await sleep(1500);
    const beforeMs = Date.now();
    await daemon.ask('reload');
    let listed: readonly { readonly kind: string; readonly time_ms: number }[] = [];
    await until('the reload is recorded', async () => {
      ({ changes: listed } = changeList.parse(JSON.parse(await daemon.get('/api/v1/changes'))));
      return listed[0]?.kind === 'reload';
    });
    expect(Math.abs(listed[0]!.time_ms - beforeMs)).toBeLessThan(1000);
    await daemon.kill();
  });
});

/** Recent decisions after a restart: the pages have those that a killed daemon has logged. */
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type DecisionList, decisionList } from '../../src/history/recent/decision-document.ts';
import { decisionExplanation } from '../../src/web/api/decision-schema.ts';
import { eventsIn, eventsOf, PROJECT, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { addAccount, SignedIn } from '../kit/signed-in.ts';

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

const CAPTURE = readFileSync(join(PROJECT, 'captures/wireguard/two-peers.pcap'));
const log = join(folder.path, 'decisions.jsonl');
const state = join(folder.path, 'state');
mkdirSync(state);

function run(...more: readonly string[]): Promise<RunningDaemon> {
  return new RunningDaemon(['-', '--state', state, '--isp', 'north', ...more]).started();
}

async function list(daemon: RunningDaemon): Promise<DecisionList> {
  return decisionList.parse(JSON.parse(await daemon.get('/api/v1/decisions?limit=1000')));
}

async function read(daemon: RunningDaemon): Promise<DecisionList> {
  await until('the log is read', async () => (await list(daemon)).stock.earlier.state === 'read');
  return list(daemon);
}

describe('the recent decisions of a daemon that was killed', () => {
  it('are there again, with those that its next run makes above them', async () => {
    const first = await run('--decisions', log);
    first.child.stdin!.write(CAPTURE);
    await until('all is decided', async () => (await list(first)).rows.length >= 2);
    const before = await list(first);
    await until('all is logged', () => eventsOf(log).filter(isDecision).length === before.rows.length);
    await first.kill('SIGKILL');
    appendFileSync(log, 'not an event\n{"timestamp":"2024-11');

    const second = await run('--decisions', log);
    const after = await read(second);
    const shown = ({ time, action, rule, source, destination }: DecisionList['rows'][number]): unknown[] => {
      return [time, action, rule, source.ip, destination.ip];
    };
    // Addresses are truncated without accounts, in this run as in the first; the log has them in clear.
    expect(after.rows.map(shown)).toEqual(before.rows.map(shown));
    expect(after.stock).toMatchObject({
      made: 0,
      kept: before.rows.length,
      earlier: { kept: before.rows.length, skipped: 1, state: 'read' },
    });
    const { flow_id: flowId, packet } = after.rows[0]!;
    const text = await second.get(`/api/v1/decisions/${flowId}-${packet}`);
    const explained = decisionExplanation.parse(JSON.parse(text));
    expect(explained).toMatchObject({ kept: { tried: null }, now: { flow: null, places: {}, same_policy: true } });

    second.child.stdin!.write(CAPTURE);
    await until('all is decided again', async () => (await list(second)).stock.made === before.rows.length);
    const both = await list(second);
    expect(both.rows.map(({ number }) => number)).toEqual(both.rows.map((_, index) => before.rows.length - index));
    expect(both.matched).toBe(2 * before.rows.length);
    await second.kill();
  });

  it('are shown in clear to those who sign in, and are no part of the list without a log', async () => {
    await addAccount(state, 'ann', 'viewer');
    const daemon = await run('--decisions', log);
    const session = await SignedIn.as(daemon, 'ann');
    const all = (): Promise<DecisionList> => session.get<DecisionList>('/decisions?limit=1000');
    await until('the log is read', async () => (await all()).stock.earlier.state === 'read');
    const lines = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"event_type":"decision"'));
    const events = eventsIn(lines.join('\n'));
    expect((await all()).rows.map(({ source, flow_id: id }) => [source.ip, id])).toEqual(
      events.map(({ src_ip: ip, flow_id: id }) => [ip, id]).reverse(),
    );
    await daemon.kill();

    const without = await run();
    const { rows, stock } = await (await SignedIn.as(without, 'ann')).get<DecisionList>('/decisions');
    expect([rows, stock.earlier]).toEqual([[], { kept: 0, skipped: 0, state: 'no-log' }]);
    await without.kill();
  });
});

function isDecision(event: { readonly event_type: string }): boolean {
  return event.event_type === 'decision';
}

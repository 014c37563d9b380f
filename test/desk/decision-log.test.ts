/** The log of decisions as the desk reads it, beside a plain reading of every line. */
import { spawnSync } from 'node:child_process';
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ipaddr from 'ipaddr.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DecisionLog } from '../../src/desk/decisions/decision-log.ts';
import { addAppeal, appealsOf, linkDecisions } from '../../src/desk/store/appeal-store.ts';
import { erasePersonal } from '../../src/desk/store/history.ts';
import { SeededRandom } from '../kit/random.mjs';
import { MAIN, temporaryFolder, until } from '../kit/running-daemon.ts';
import { DeskClient, hiddenFields, RunningDesk } from '../kit/running-desk.ts';
import { approved, does, APPLICANT, MONDAY_MS, newDesk } from './desk-kit.ts';

const CAPTURE = 'captures/wireguard/handshake-only.pcap';
const folder = temporaryFolder();
const path = join(folder.path, 'decisions.jsonl');
const FAR = ['203.0.113.0/28', '2001:db8:9::/64'];

interface PlainEvent {
  readonly src_ip: string;
  readonly dest_ip: string;
  readonly flow_id: string;
}
/** The oldest first. */
const events: PlainEvent[] = [];

function isIn(address: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => {
    const [range, length] = ipaddr.parseCIDR(prefix);
    const parsed = ipaddr.parse(address);
    return parsed.kind() === range.kind() && parsed.match(range, length);
  });
}

beforeAll(() => {
  const { stdout } = spawnSync(process.execPath, [MAIN, 'replay', CAPTURE, '--decisions', '-', '--quiet'], {
    encoding: 'utf8',
  });
  const line = stdout.split('\n').find((one) => one.includes('"event_type":"decision"'))!;
  const random = new SeededRandom(18);
  const address = (): string =>
    random.pick([
      `203.0.113.${random.below(32)}`,
      `198.51.100.${random.below(200)}`,
      `2001:db8:9::${random.below(9)}`,
      `2001:db8:a::${random.below(9)}`,
    ]);
  const lines = Array.from({ length: 2000 }, () => {
    const flow = random
      .below(1 << 30)
      .toString(16)
      .padStart(16, '0');
    const event = { ...(JSON.parse(line) as object), src_ip: address(), dest_ip: address(), flow_id: flow };
    events.push(event);
    const others = [
      '{"timestamp":"2026-11-30T00:00:00.000000Z","event_type":"stats"}',
      'no event',
      '{"src_ip":"203.0.113.1"',
    ];
    return [JSON.stringify(event), ...(random.chance(0.1) ? [random.pick(others)] : [])].join('\n');
  });
  writeFileSync(`${path}.1`, `${lines.slice(0, 900).join('\n')}\n`);
  utimesSync(`${path}.1`, 1, 1);
  writeFileSync(path, `${lines.slice(900).join('\n')}\n{"timestamp":"2026-11-30T00:00:00.00`);
});

afterAll(() => {
  folder.remove();
});

describe('the log of decisions', () => {
  it('has the clients of far ends, also those in rotated files', async () => {
    const clients = new Set<string>();
    for (const { src_ip: source, dest_ip: destination } of events)
      if (isIn(destination, FAR)) clients.add(source);
      else if (isIn(source, FAR)) clients.add(destination);
    expect(clients.size).toBeGreaterThan(100);
    expect((await new DecisionLog(path).reach(FAR)).clients).toBe(clients.size);
    expect(await new DecisionLog(path).reach(['192.0.2.1/32'])).toMatchObject({ clients: 0 });
  });

  it('has the newest decisions about an address, the newest first', async () => {
    const [{ src_ip: address }] = events as [PlainEvent];
    const about = events.filter(({ src_ip, dest_ip }) => [src_ip, dest_ip].includes(address)).reverse();
    const { list } = await new DecisionLog(path).about([address]);
    expect(list.map(({ flow }) => flow)).toEqual(about.slice(0, 20).map(({ flow_id }) => flow_id));
  });

  it('that is not there is an error each time, and many questions at once are refused', async () => {
    const log = new DecisionLog(join(folder.path, 'none'));
    for (let time = 0; time < 2; time++) await expect(log.reach(FAR)).rejects.toThrow('ENOENT');
    const busy = new DecisionLog(path);
    const answers = await Promise.allSettled(Array.from({ length: 20 }, (_, at) => busy.reach([`20.0.0.${at}/32`])));
    expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(12);
  });

  it('is tied to an appeal once, and erased with what the applicant wrote', async () => {
    const database = newDesk();
    const { id } = approved(database);
    does(database, APPLICANT, 'appeal', id, { text: 'We are cut off.' });
    const appeal = addAppeal(database, { application: id, atMs: MONDAY_MS, address: '198.51.100.7', event: '' });
    expect(appealsOf(database, id)[0]!.decisions).toBeNull();
    const { list } = await new DecisionLog(path).about([events[0]!.src_ip]);
    linkDecisions(database, appeal, list);
    linkDecisions(database, appeal, []);
    expect(appealsOf(database, id)[0]!.decisions).toEqual(list);
    erasePersonal(database, id, MONDAY_MS);
    linkDecisions(database, appeal, list);
    expect(appealsOf(database, id)[0]!).toMatchObject({ address: null, event: null, decisions: null });
  });
});

describe('a case', () => {
  it('shows a reviewer who reaches the far ends and what was decided about an appeal, and a provider neither', async () => {
    const own = join(folder.path, 'own.jsonl');
    const [first] = readFileSync(path, 'utf8').split('\n') as [string];
    const lines = [1, 2, 3, 4, 5, 6].map((at) =>
      JSON.stringify({ ...(JSON.parse(first) as object), src_ip: `203.0.113.${128 + at}`, dest_ip: '192.0.2.10' }),
    );
    writeFileSync(own, `${lines.join('\n')}\n`);
    const desk = await new RunningDesk(['--demo', '--out', join(folder.path, 'out'), '--decisions', own]).ready();
    try {
      const client = async (name: string): Promise<DeskClient> => {
        const one = new DeskClient(desk.origin);
        await one.signIn(name, desk.password);
        return one;
      };
      const anna = await client('anna');
      const south = await client('southtel');
      await until('the number is there', async () =>
        (await anna.get('/case/4')).text.includes('>6 clients reach them'),
      );
      expect((await south.get('/case/6')).text).not.toContain('clients reach');
      const { text } = await anna.get('/case/12');
      expect(text).toContain('Decisions about this address');
      expect(text).toContain('yes, under this reference');
      expect((await south.get('/case/12')).text).not.toContain('Decisions about');
      // It is answered by another reviewer than the one who decided.
      const boris = await client('boris');
      const fields = hiddenFields((await boris.get('/case/12')).text, '/case/12/answer-appeal');
      const answered = await boris.post('/case/12/answer-appeal', {
        ...fields,
        key: 'C'.repeat(22),
        text: 'The network had an old registry.',
      });
      expect(answered.status).toBe(303);
    } finally {
      await desk.stop();
    }
  });
});

/** The list of recent decisions filled from the log of before the start, also where that is damaged or hostile. */
import {
  appendFileSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decisionList } from '../../src/history/recent/decision-document.ts';
import { explainKept } from '../../src/history/recent/decision-explanation.ts';
import { type EarlierLog, readEarlierLog } from '../../src/history/recent/earlier-log.ts';
import { linesBack, LONGEST_LINE } from '../../src/history/recent/lines-back.ts';
import { RecentDecisions } from '../../src/history/recent/recent-decisions.ts';
import type { DecisionEvent } from '../../src/output/event/event-fields.ts';
import { SeededRandom } from '../kit/random.mjs';
import { temporaryFolder } from '../kit/running-daemon.ts';
import { randomEvent } from './random-decisions.ts';

const ORIGIN = { isp: 'north', site: 'a' };

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, 'decisions.jsonl');
});
afterEach(() => {
  folder.remove();
});

/** A line as a daemon of a place writes it. */
const lineOf = (event: object, seq: number, origin: object = ORIGIN): string =>
  JSON.stringify({ ...event, ...origin, seq });

function logAt(file = path): EarlierLog {
  const { ino: inode, size: end } = statSync(file);
  return { path, inode, end, origin: ORIGIN };
}

async function filled(log: EarlierLog, most = 1000, addresses: 'plain' | 'truncated' = 'plain') {
  const recent = new RecentDecisions({ most, addresses });
  await readEarlierLog(log, recent);
  const list = decisionList.parse(recent.search({ limit: 1000 }));
  return { recent, rows: list.rows, stock: list.stock };
}

describe('lines read back', () => {
  it('are those of the file in reverse, wherever its pieces end', async () => {
    const random = new SeededRandom(21);
    for (let round = 0; round < 12; round++) {
      const lines = Array.from({ length: random.below(40) }, () =>
        random.pick(['', 'ü', 'a\r', '€'.repeat(random.below(60_000)), 'x'.repeat(random.below(400_000))]),
      );
      const isTorn = random.below(3) === 0;
      writeFileSync(path, lines.map((line) => `${line}\n`).join('') + (isTorn ? 'torn' : ''));
      const file = await open(path);
      const read: (string | null)[] = [];
      for await (const part of linesBack(file, statSync(path).size)) read.push(...part.lines);
      await file.close();
      const wanted = lines.filter((line) => line !== '').reverse();
      expect(read).toEqual(isTorn ? [null, ...wanted] : wanted);
    }
  });

  it('leave out one that is longer than any event, with all around it', async () => {
    writeFileSync(path, `before\n${'y'.repeat(LONGEST_LINE + 1)}\nafter\n${'\0'.repeat(3 * LONGEST_LINE)}\nlast\n`);
    const file = await open(path);
    const read: (string | null)[] = [];
    for await (const part of linesBack(file, statSync(path).size)) read.push(...part.lines);
    await file.close();
    expect(read).toEqual(['last', null, 'after', null, 'before']);
  });
});

describe('decisions from before the start', () => {
  it('are the newest of the log, before those of this run, without what only that has', async () => {
    const random = new SeededRandom(22);
    const events = Array.from({ length: 50 }, (_, index) => randomEvent(random, index + 1));
    writeFileSync(path, events.map((event, index) => `${lineOf(event, index + 1)}\n`).join(''));
    const { recent, rows, stock } = await filled(logAt(), 30);
    expect(rows.map(({ packet }) => packet)).toEqual(
      events
        .slice(20)
        .map((event) => event.pcap_cnt)
        .reverse(),
    );
    expect(rows.map(({ number }) => number)).toEqual(rows.map((_, index) => 0 - index));
    for (const row of rows) expect(row).toMatchObject({ held: null, other_protocol: null });
    expect(stock).toMatchObject({ made: 0, kept: 30, earlier: { kept: 30, skipped: 0, state: 'read' } });
    const { flow_id: flowId, packet } = rows[7]!;
    const explained = explainKept(recent, { flowId, packet })!;
    expect(explained).toMatchObject({
      decision: rows[7]!,
      tried: null,
      rules: { policy: 'random', mode: null, rule: null },
    });
    expect(recent.search({ held: 'yes' }).matched + recent.search({ held: 'no' }).matched).toBe(0);
    expect(recent.search({ before: rows[4]!.number, limit: 5 }).rows).toEqual(rows.slice(5, 10));
    expect(recent.search({ after: 0 }).newer).toBe(0);
  });

  it('go first when those of this run need their room', async () => {
    const random = new SeededRandom(23);
    writeFileSync(
      path,
      Array.from({ length: 20 }, (_, i) => `${lineOf(randomEvent(random, i + 1), i + 1)}\n`).join(''),
    );
    const { recent } = await filled(logAt(), 20);
    const text = Array.from(
      { length: 15 },
      (_, i) => `${i + 1}\t1\t0\t0\t;\n${JSON.stringify(randomEvent(random, 100 + i))}\n`,
    );
    const rules = {
      generation: 1,
      policy: 'p',
      policySha256: '',
      registrySha256: '',
      mode: 'observe',
      rules: [],
    } as const;
    recent.add({ text: text.join(''), limits: { most: 20, addresses: 'plain' }, rules: [rules], made: 15, leftOut: 0 });
    expect(recent.stock).toMatchObject({ made: 15, kept: 20, earlier: { kept: 5 }, newest: { number: 15 } });
    expect(recent.stock.oldest?.number).toBe(-4);
    expect(recent.rulesOf(1)).toBeDefined();
    expect(recent.search({ limit: 100 }).rows.map(({ number }) => number)).toEqual(
      Array.from({ length: 20 }, (_, i) => 15 - i),
    );
  });

  it('are searched through rotated logs, but not beyond the start', async () => {
    const random = new SeededRandom(24);
    const events = Array.from({ length: 9 }, (_, index) => randomEvent(random, index + 1));
    const lines = events.map((event, index) => `${lineOf(event, index + 1)}\n`);
    writeFileSync(`${path}.20241110T180000000Z`, lines.slice(0, 3).join(''));
    writeFileSync(path, lines.slice(3, 6).join(''));
    const log = logAt();
    // After the start the daemon appends, rotates, and appends again.
    appendFileSync(path, lines[6]!);
    await new Promise((resolve) => setTimeout(resolve, 20));
    renameSync(path, `${path}.20241111T180000000Z`);
    writeFileSync(path, lines.slice(7).join(''));
    const { rows, stock } = await filled(log);
    expect(rows.map(({ packet }) => packet)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(stock.earlier).toEqual({ kept: 6, skipped: 0, state: 'read' });
  });

  it.each<[string, (event: DecisionEvent) => string]>([
    ['no JSON', () => '{"timestamp":"2024-11-10T18:00:00.000000Z","event_type":"decision",'],
    ['another text', () => 'root:x:0:0'],
    ['zeros', () => '\0'.repeat(5000)],
    ['a number in place of an object', (event) => lineOf({ ...event, vpn: 5 }, 1)],
    ['evidence that is none', (event) => lineOf({ ...event, vpn: { ...event.vpn, evidence: [null] } }, 1)],
    ['no address', (event) => lineOf({ ...event, src_ip: '192.0.2.256' }, 1)],
    ['no time', (event) => lineOf({ ...event, timestamp: '2024-13-10T18:00:00.000000Z' }, 1)],
    ['a flow_id that is a path', (event) => lineOf({ ...event, flow_id: '../../rules' }, 1)],
    ['an action that is none', (event) => lineOf({ ...event, decision: { ...event.decision, action: 'cut' } }, 1)],
    ['a field of its own', (event) => lineOf({ ...event, payload: 'secret' }, 1)],
    ['__proto__', (event) => lineOf(event, 1).replace('"src_ip"', '"__proto__":{"a":1},"src_ip"')],
    ['another network', (event) => lineOf(event, 1, { isp: 'south', site: 'a' })],
    ['no place', (event) => lineOf(event, 1, {})],
    ['a record that was cut', (event) => lineOf(event, 1).slice(0, -40)],
    ['two in one', (event) => lineOf(event, 1) + lineOf(event, 2)],
  ])('leave out and count a line with %s', async (_, damaged) => {
    const random = new SeededRandom(25);
    const [first, second, third] = [1, 2, 3].map((packet) => randomEvent(random, packet)) as [
      DecisionEvent,
      DecisionEvent,
      DecisionEvent,
    ];
    writeFileSync(path, `${lineOf(first, 1)}\n${damaged(second)}\n${lineOf(third, 3)}\n`);
    const { rows, stock } = await filled(logAt());
    expect(rows.map(({ packet }) => packet)).toEqual([3, 1]);
    expect(stock.earlier).toEqual({ kept: 2, skipped: 1, state: 'read' });
  });

  it('have no other events among them', async () => {
    const others = ['stats', 'flow', 'action'].map(
      (type) => `{"timestamp":"2024-11-10T18:00:00.000000Z","event_type":"${type}","a":1}\n`,
    );
    writeFileSync(path, `${others.join('')}${lineOf(randomEvent(new SeededRandom(26), 1), 4)}\n${others.join('')}`);
    const { stock } = await filled(logAt());
    expect(stock.earlier).toEqual({ kept: 1, skipped: 0, state: 'read' });
  });

  it('end with a note where the log is shorter by now, or gone', async () => {
    writeFileSync(path, `${lineOf(randomEvent(new SeededRandom(27), 1), 1)}\n`);
    const log = logAt();
    truncateSync(path, 10);
    expect((await filled(log)).stock.earlier.state).toBe('failed');
    renameSync(path, join(folder.path, 'elsewhere'));
    expect((await filled(log)).stock.earlier).toEqual({ kept: 0, skipped: 0, state: 'failed' });
  });

  it('leave room for requests between the pieces of a long log', async () => {
    const random = new SeededRandom(28);
    const lines = Array.from({ length: 500 }, (_, i) => `${lineOf(randomEvent(random, i + 1), i + 1)}\n`).join('');
    const file = openSync(path, 'w');
    for (let i = 0; i < 8; i++) writeSync(file, lines);
    closeSync(file);
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await filled(logAt(), 10_000);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });
});

describe('decisions from a log with clear addresses, where pages truncate them', () => {
  it('have nothing in clear, and are alike where their flows are', async () => {
    const random = new SeededRandom(29);
    const events = Array.from({ length: 300 }, (_, index) => randomEvent(random, index + 1));
    writeFileSync(path, events.map((event, index) => `${lineOf(event, index + 1)}\n`).join(''));
    const { recent, rows } = await filled(logAt(), 1000, 'truncated');
    const text = [...recent.selected(() => true)].map(({ line }) => line).join('\n');
    const log = readFileSync(path, 'utf8');
    for (const clear of ['"holder"', '"prefix"', '"seq"', '"isp"', 'OW-', 'Ünion']) {
      expect(log).toContain(clear);
      expect(text).not.toContain(clear);
    }
    const ids = new Map<string, string>();
    for (const [index, row] of rows.toReversed().entries()) {
      const { src_ip: source, flow_id: flow, community_id: community } = events[index]!;
      expect(row.source.ip).toBe(
        source.includes(':') ? source.replace(/(2001:db8:\w+)::.*/, '$1::') : source.replace(/\d+$/, '0'),
      );
      expect([row.flow_id, row.community_id]).not.toContain(flow);
      expect(row.community_id).not.toBe(community);
      expect(ids.get(flow) ?? row.flow_id).toBe(row.flow_id);
      ids.set(flow, row.flow_id);
    }
    expect(new Set(ids.values()).size).toBe(ids.size);
    expect(ids.size).toBeGreaterThan(100);
    expect(ids.size).toBeLessThan(events.length);
  });

  it('stay as the log has them where they are truncated there', async () => {
    const event = {
      ...randomEvent(new SeededRandom(30), 1),
      src_ip: '192.0.2.0',
      dest_ip: '2001:db8:1::',
      registration: { source: { sector: 'bank', reference: 'registration-1' }, destination: null },
    };
    writeFileSync(path, `${lineOf(event, 1)}\n`);
    const { recent } = await filled(logAt(), 10, 'truncated');
    expect([...recent.selected(() => true)].map(({ line }) => JSON.parse(line) as unknown)).toEqual([event]);
  });
});

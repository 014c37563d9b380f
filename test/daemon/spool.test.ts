import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filesRead } from '../kit/checkpoint-of.ts';
import { Conversation } from '../kit/many-clients.ts';
import { type Event, eventsIn, eventsOf, MAIN, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const handshake = new Conversation('wireguard/handshake-only.pcap');
const CLIENTS_PER_FILE = 400;
const START_US = 1_731_261_600_000_000;

let folder = temporaryFolder();
let spool = '';
let decisions = '';

beforeEach(() => {
  folder = temporaryFolder();
  spool = join(folder.path, 'spool');
  decisions = join(folder.path, 'decisions.jsonl');
  mkdirSync(spool);
});
afterEach(() => {
  folder.remove();
});

function put(number: number): void {
  const bytes = handshake.capture(
    number * CLIENTS_PER_FILE,
    (number + 1) * CLIENTS_PER_FILE,
    START_US + number * 1e6,
    100,
  );
  const path = join(spool, `${number}.pcap`);
  writeFileSync(`${path}.part`, bytes);
  renameSync(`${path}.part`, path);
}

const checkpoint = (): string => join(spool, '.sluice', 'checkpoint.bin');

const doneCount = (): number => filesRead(spool);

function run(...more: string[]): RunningDaemon {
  return new RunningDaemon([
    '--spool',
    spool,
    '--settle',
    '50ms',
    '--checkpoint-every',
    '100ms',
    '--decisions',
    decisions,
    '--stats-every',
    'never',
    ...more,
  ]);
}

/** An event without the packet numbers, which restart with the process. */
function essence(event: Event): string {
  const { timestamp, src_ip, vpn, decision, pcap_filename } = event as Event & { vpn: { stage: string } };
  return JSON.stringify({ timestamp, src_ip, stage: vpn.stage, decision, pcap_filename });
}

const decisionsIn = (events: Event[]): string[] =>
  events.filter(({ event_type }) => event_type === 'decision').map(essence);

describe('a spool', () => {
  it('is processed like one replay of its files in order', async () => {
    for (const number of [0, 1, 2]) put(number);
    const daemon = await run('--listen', 'none').started();
    await until(
      'all is decided',
      () => existsSync(decisions) && eventsOf(decisions).length === 3 * 2 * CLIENTS_PER_FILE,
    );
    expect(await daemon.kill()).toEqual({ code: 0, signal: null });
    const paths = [0, 1, 2].map((number) => join(spool, `${number}.pcap`));
    const replayed = execFileSync(process.execPath, [MAIN, 'replay', ...paths, '--decisions', '-', '--quiet'], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    const events = eventsOf(decisions);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    const decided = events.filter(({ event_type }) => event_type === 'decision');
    expect(decided).toEqual(eventsIn(replayed).map((event, index) => ({ ...event, seq: decided[index]!.seq })));
  });

  it('gives every event once, however often the daemon is killed', async () => {
    const count = 12;
    for (let number = 0; number < count; number++) put(number);
    let kills = 0;
    // Longer from kill to kill, so that slow machines finish too.
    for (let delay = 120; ; delay = (delay * 7) % 260) {
      const daemon = await run('--listen', 'none').started();
      await sleep(delay + 60 * kills);
      if (doneCount() === count) {
        await daemon.kill();
        break;
      }
      await daemon.kill('SIGKILL');
      kills++;
      expect(kills).toBeLessThan(60);
    }
    const events = eventsOf(decisions);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(readFileSync(decisions, 'utf8').endsWith('\n')).toBe(true);
    const found = decisionsIn(events);
    expect(new Set(found).size).toBe(count * CLIENTS_PER_FILE * 2);
    expect(found.length).toBe(count * CLIENTS_PER_FILE * 2);
    expect(kills).toBeGreaterThan(0);
  }, 180_000);

  it('leaves alone what has been done, what is hidden and what is in work', async () => {
    put(0);
    writeFileSync(join(spool, 'later.pcap.part'), 'x');
    writeFileSync(join(spool, '.hidden.pcap'), 'x');
    writeFileSync(join(spool, 'garbage'), 'this is no capture');
    let daemon = await run().started();
    await until('both are done', async () => (await daemon.metric('sluice_spool_files', 'state="done"')) === 2);
    expect(await daemon.metric('sluice_spool_files', 'state="faulty"')).toBe(1);
    await daemon.kill();
    const before = eventsOf(decisions).length;
    daemon = await run().started();
    await sleep(1200);
    // What was counted before goes on.
    expect(await daemon.metric('sluice_spool_files', 'state="done"')).toBe(2);
    await daemon.kill();
    // Each end of a daemon writes its stats.
    expect(eventsOf(decisions).length).toBe(before + 1);
  });

  it('reads a file on that grew after it was done, also after a restart and from the middle of a packet', async () => {
    const whole = handshake.capture(0, 900, START_US, 100);
    const path = join(spool, 'growing.pcap');
    const rest = (bytes: number): Uint8Array => whole.subarray(readFileSync(path).length, bytes);
    writeFileSync(path, whole.subarray(0, Math.floor(whole.length / 3)));
    let daemon = await run().started();
    await until(
      'the first part is done',
      async () => (await daemon.metric('sluice_spool_files', 'state="done"')) === 1,
    );
    appendFileSync(path, rest(Math.floor(whole.length / 2)));
    await until('the next is', async () => (await daemon.metric('sluice_spool_files', 'state="done"')) === 2);
    expect(await daemon.metric('sluice_spool_files', 'state="grown"')).toBe(1);
    await daemon.kill();
    appendFileSync(path, rest(whole.length));
    daemon = await run().started();
    await until('the rest is', async () => (await daemon.metric('sluice_spool_files', 'state="done"')) === 3);
    expect(await daemon.metric('sluice_spool_files', 'state="grown-unread"')).toBe(0);
    await daemon.kill();
    const found = decisionsIn(eventsOf(decisions));
    expect(found.length).toBe(900 * 2);
    expect(new Set(found).size).toBe(900 * 2);
  });

  it('follows a file that never rests', async () => {
    const path = join(spool, 'restless.pcap');
    const perClient = handshake.packets.length;
    writeFileSync(path, handshake.capture(0, 1, START_US, 100));
    const daemon = await run().started();
    let clients = 1;
    const writer = setInterval(() => {
      appendFileSync(path, handshake.records(clients, START_US + clients * 100));
      clients++;
    }, 20);
    await until(
      'it is read while it grows',
      async () => (await daemon.metric('sluice_packets_total')) >= 10 * perClient,
    );
    expect(await daemon.metric('sluice_spool_files', 'state="faulty"')).toBe(0);
    clearInterval(writer);
    await until('all of it is read', async () => (await daemon.metric('sluice_packets_total')) === clients * perClient);
    await daemon.kill();
    expect(decisionsIn(eventsOf(decisions)).length).toBe(clients * 2);
  });

  it('says which file that grew cannot be read on', async () => {
    const path = join(spool, 'broken.pcap');
    const whole = handshake.capture(0, 5, START_US, 100);
    writeFileSync(path, Buffer.concat([whole, Buffer.alloc(16, 0xff)]));
    const daemon = await run().started();
    await until('it is done', async () => (await daemon.metric('sluice_spool_files', 'state="faulty"')) === 1);
    appendFileSync(path, handshake.records(9, START_US));
    await until('it is counted', async () => (await daemon.metric('sluice_spool_files', 'state="grown-unread"')) === 1);
    await daemon.kill();
    expect(decisionsIn(eventsOf(decisions)).length).toBe(5 * 2);
  });

  it('removes only files of which all was read', async () => {
    put(0);
    writeFileSync(join(spool, 'garbage'), 'this is no capture');
    writeFileSync(join(spool, 'cut.pcap'), handshake.capture(500, 600, START_US, 100).subarray(0, -3));
    mkdirSync(join(spool, 'folder.pcap'));
    const daemon = await run('--remove-done').started();
    await until('all are done', async () => (await daemon.metric('sluice_spool_files', 'state="done"')) === 3);
    await daemon.kill();
    expect(readdirSync(spool).sort()).toEqual(['.sluice', 'cut.pcap', 'folder.pcap', 'garbage']);
    expect(daemon.log).toContain('could not be read to its end, and is kept');
  });

  it('takes a name that is used again for other packets', async () => {
    put(0);
    const daemon = await run().started();
    const done = (count: number) => async () => (await daemon.metric('sluice_spool_files', 'state="done"')) === count;
    await until('the first is done', done(1));
    writeFileSync(join(spool, '0.pcap'), handshake.capture(70_000, 71_000, START_US + 5e6, 100));
    await until('the second is done', done(2));
    await daemon.kill();
    expect(decisionsIn(eventsOf(decisions)).length).toBe((CLIENTS_PER_FILE + 1000) * 2);
  });

  it.each([
    ['empty', ''],
    ['cut', '{"state":"checkpoint","schema":1,"saved_ms":1,"sha256":"00"}\n{"done":['],
    ['of other data', 'hello'],
  ])(
    'with a checkpoint that is %s goes on from the one before it, and says so; without that it begins again',
    async (_, text) => {
      put(0);
      let daemon = await run().started();
      await until('it is done', () => doneCount() === 1);
      await daemon.kill();
      const set = eventsOf(decisions).filter(({ event_type }) => event_type === 'decision');
      writeFileSync(checkpoint(), text);
      daemon = await run().started();
      await until('it is done', async () => (await daemon.metric('sluice_spool_files', 'state="done"')) === 1);
      expect(await daemon.metric('sluice_state_failures_total')).toBe(1);
      await daemon.kill();
      expect(daemon.log).toContain('the checkpoint before the last is used');
      expect(eventsOf(decisions).filter(({ event_type }) => event_type === 'decision')).toHaveLength(set.length);
      for (const name of ['checkpoint.bin', 'checkpoint.before.bin']) writeFileSync(join(spool, '.sluice', name), text);
      daemon = await run().started();
      await until('it is done again', async () => (await daemon.metric('sluice_packets_total')) > 0);
      await daemon.kill();
      expect(daemon.log).toContain('no checkpoint can be used');
      expect(readdirSync(join(spool, '.sluice')).filter((name) => name.includes('.broken-'))).toHaveLength(3);
    },
  );

  it('goes on with the checkpoint of an older program', async () => {
    put(0);
    const first = await run().started();
    await until('it is done', () => doneCount() === 1);
    await first.kill();
    const { ino, size, mtimeMs } = statSync(join(spool, '0.pcap'));
    rmSync(join(spool, '.sluice'), { recursive: true });
    mkdirSync(join(spool, '.sluice'));
    const done = [{ name: '0.pcap', inode: ino, size, modifiedMs: mtimeMs, head: '' }];
    writeFileSync(join(spool, '.sluice', 'spool.json'), JSON.stringify({ version: 1, done, logs: {} }));
    put(1);
    const second = await run().started();
    await until('the other is done', () => doneCount() === 2);
    expect(await second.metric('sluice_spool_files', 'state="done"')).toBe(1);
    await second.kill();
  });

  it('belongs to one daemon', async () => {
    const first = await run().started();
    const second = run();
    expect((await second.ended).code).toBe(2);
    expect(second.log).toContain('another sluice uses the state');
    expect(await first.kill()).toEqual({ code: 0, signal: null });
  });

  it('is refused where it is not there', async () => {
    const daemon = new RunningDaemon(['--spool', join(folder.path, 'nowhere')]);
    expect((await daemon.ended).code).toBe(2);
    expect(daemon.log).toContain('cannot use the spool');
  });

  it('forgets what names clients also in its checkpoints, of which one is left', async () => {
    const reserve = join(spool, '.sluice', 'checkpoint.before.bin');
    put(0);
    const daemon = await run().started();
    await until('a checkpoint is in reserve', () => existsSync(reserve) && doneCount() === 1);
    const before = statSync(checkpoint()).ino;
    const answer = execFileSync(process.execPath, [MAIN, 'ctl', 'forget', '--state', join(spool, '.sluice')], {
      encoding: 'utf8',
    });
    expect(answer).toContain('checkpoint.before.bin');
    expect(existsSync(reserve)).toBe(false);
    expect(statSync(checkpoint()).ino).not.toBe(before);
    await daemon.kill('SIGKILL');
    put(1);
    const again = await run().started();
    await until('the other file is read', () => doneCount() === 2);
    await again.kill();
    expect(decisionsIn(eventsOf(decisions))).toHaveLength(2 * CLIENTS_PER_FILE * 2);
  });
});

it('a stop is over within 5 s where nothing reads the log, and the next start writes what was not written', async () => {
  for (const number of [0, 1]) put(number);
  execFileSync('mkfifo', [decisions]);
  const stuck = await run('--on-full', 'wait').started();
  await until('the first file was read', async () => (await stuck.metric('sluice_packets_total')) > 0);
  const since = performance.now();
  expect(await stuck.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(performance.now() - since).toBeLessThan(5000);
  unlinkSync(decisions);
  const next = await run().started();
  await until('both files are done', () => doneCount() === 2);
  expect(await next.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  const made = eventsOf(decisions).filter(({ event_type: type }) => type === 'decision');
  expect(new Set(made.map(({ src_ip: client }) => client)).size).toBe(2 * CLIENTS_PER_FILE);
});

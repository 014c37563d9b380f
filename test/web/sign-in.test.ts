/** Signing in to a running daemon: guessing, fixation, cookies, and what becomes of sessions when accounts change. */
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addAccount, ask, cookieOf, PASSWORD, runAccount, signedIn, signIn } from '../kit/console-accounts.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const LIVE = '/api/v1/live';

let folder = temporaryFolder();
let daemon: RunningDaemon;

async function start(...flags: string[]): Promise<void> {
  daemon = await new RunningDaemon(['-', '--state', folder.path, ...flags]).started();
}

const statusOf = async (cookie: string): Promise<number> =>
  (await ask(daemon.url + LIVE, { headers: { cookie } })).status;

describe('signing in', () => {
  beforeAll(async () => {
    folder = temporaryFolder();
    for (const name of ['anna', 'berta', 'carla', 'dora']) addAccount(folder.path, name, '--role', 'operator');
    await start();
  });
  afterAll(async () => {
    await daemon.kill();
    folder.remove();
  });

  it('gives a cookie that no script and no other site has, and another id each time', async () => {
    const replies = [await signIn(daemon.url, 'anna'), await signIn(daemon.url, 'anna')];
    for (const { headers } of replies)
      expect(headers['set-cookie']).toEqual([
        expect.stringMatching(/^sluice-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/),
      ]);
    const [first, second] = replies.map(cookieOf);
    expect(first).not.toBe(second);
    expect([await statusOf(first!), await statusOf(second!)]).toEqual([200, 200]);
  });

  it('never takes over an id that was there before, and ends the session that it replaces', async () => {
    const { port } = new URL(daemon.url);
    const planted = `sluice-${port}=${'planted'.padEnd(43, '_')}`;
    const reply = await signIn(daemon.url, 'anna', PASSWORD, { cookie: planted });
    expect(cookieOf(reply)).not.toBe(planted);
    expect(await statusOf(planted)).toBe(401);
    const again = await signIn(daemon.url, 'anna', PASSWORD, { cookie: cookieOf(reply) });
    expect([await statusOf(cookieOf(reply)), await statusOf(cookieOf(again))]).toEqual([401, 200]);
  });

  it('takes no cookie that was changed, doubled, or is of another name', async () => {
    const { cookie } = await signedIn(daemon.url, 'anna');
    const [name, id] = cookie.split('=') as [string, string];
    const changed = [
      `${name}=${id.slice(0, -1)}`,
      `${name}=${id}A`,
      `${name}=${id.toLowerCase()}`,
      `${name}=`,
      `${name}=${'A'.repeat(8000)}`,
      `${name}=%`,
      `${name}=${encodeURIComponent(id)}%00`,
      `__Host-${name}=${id}`,
      `${name.toUpperCase()}=${id}`,
      `__proto__=${id}; constructor=${id}`,
      ';;;=;=;',
    ];
    for (const one of changed) expect(await statusOf(one), one.slice(0, 80)).toBe(401);
    expect(await statusOf(`a=b; ${cookie}; c=d`)).toBe(200);
  });

  it('ends a session by signing out, and no other of the same account', async () => {
    const [one, other] = [await signedIn(daemon.url, 'anna'), await signedIn(daemon.url, 'anna')];
    const reply = await ask(`${daemon.url}/api/v1/sign-out`, {
      method: 'POST',
      headers: { cookie: one.cookie, 'x-csrf-token': one.csrf },
    });
    expect(reply.headers['set-cookie']).toEqual([expect.stringContaining('Max-Age=0')]);
    expect([await statusOf(one.cookie), await statusOf(other.cookie)]).toEqual([401, 200]);
  });

  it('answers an unknown name as it answers a wrong password, in the same time', async () => {
    const times: Record<string, number[]> = { berta: [], unknown: [] };
    const bodies = new Set<string>();
    for (let turn = 0; turn < 4; turn++)
      for (const name of ['berta', 'unknown']) {
        const since = performance.now();
        const { status, body } = await signIn(daemon.url, name, `wrong ${turn} wrong`);
        times[name]!.push(performance.now() - since);
        bodies.add(`${status} ${body}`);
      }
    expect([...bodies]).toEqual(['401 {"problem":"name or password is wrong","code":"wrong-password"}']);
    const [known, unknown] = [Math.min(...times.berta!), Math.min(...times.unknown!)];
    expect(Math.max(known, unknown) / Math.min(known, unknown)).toBeLessThan(2);
  });

  it('slows guessing down, from many addresses too, and does not keep out those who are at their own place', async () => {
    expect((await signIn(daemon.url, 'carla')).status).toBe(200);
    let guesses = 0;
    for (let host = 2; host < 30; host++) {
      const { status, headers, body } = await signIn(
        daemon.url,
        'carla',
        `guess number ${host}`,
        {},
        `127.0.0.${host}`,
      );
      if (status === 401) guesses++;
      else {
        expect(status).toBe(429);
        expect(Number(headers['retry-after'])).toBeGreaterThan(0);
        expect(body).toContain('too many attempts');
      }
    }
    expect(guesses).toBeLessThanOrEqual(7);
    // Even the right password has to wait elsewhere.
    expect((await signIn(daemon.url, 'carla', PASSWORD, {}, '127.0.0.31')).status).toBe(429);
    expect((await signIn(daemon.url, 'carla')).status).toBe(200);
  });

  it('slows one address down that tries many names', async () => {
    const statuses: number[] = [];
    for (let name = 0; name < 30; name++)
      statuses.push((await signIn(daemon.url, `name-${name}`, 'a wrong password', {}, '127.0.0.40')).status);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(22);
    expect(statuses.at(-1)).toBe(429);
    expect((await signIn(daemon.url, 'dora')).status).toBe(200);
  });

  it('is not slowed down for others by many attempts at once: few are tried, the rest are told to come again', async () => {
    const replies = await Promise.all(
      Array.from({ length: 60 }, (_, at) => signIn(daemon.url, `crowd-${at}`, 'a wrong password', {}, '127.0.0.99')),
    );
    const statuses = replies.map(({ status }) => status);
    expect(statuses.every((status) => [401, 429, 503].includes(status))).toBe(true);
    expect(statuses.filter((status) => status !== 401).length).toBeGreaterThan(30);
    expect(await daemon.get('/healthz')).toBe('alive\n');
  });

  it('counts every attempt, and logs no password, cookie or token', async () => {
    for (const result of ['success', 'wrong', 'limited', 'busy', 'refused', 'unavailable', 'out'])
      expect(await daemon.metric('sluice_http_sign_ins_total', `result="${result}"`)).toBeGreaterThanOrEqual(0);
    for (const result of ['success', 'wrong', 'limited', 'out'])
      expect(await daemon.metric('sluice_http_sign_ins_total', `result="${result}"`), result).toBeGreaterThan(0);
    const { cookie, csrf } = await signedIn(daemon.url, 'carla');
    await ask(`${daemon.url}/api/v1/live?password=${PASSWORD.replaceAll(' ', '+')}`, { headers: { cookie } });
    await until('the last one is logged', () => daemon.logged('signed in').length > 5);
    expect(daemon.logged('signed in')).toContainEqual(
      expect.objectContaining({ account: 'carla', role: 'operator', from: '127.0.0.1' }),
    );
    for (const secret of [
      PASSWORD,
      PASSWORD.replaceAll(' ', '+'),
      cookie.split('=')[1]!,
      csrf,
      'argon2id',
      'guess',
      'wrong 0',
    ])
      expect(daemon.log.includes(secret), secret).toBe(false);
  });
});

describe('accounts that change while a daemon runs', () => {
  beforeAll(async () => {
    folder = temporaryFolder();
    await start();
  });
  afterAll(async () => {
    await daemon.kill();
    folder.remove();
  });
  const file = (): string => join(folder.path, 'accounts.json');

  it('close its pages with the first account', async () => {
    expect((await ask(daemon.url + LIVE)).status).toBe(200);
    addAccount(folder.path, 'anna', '--role', 'operator');
    expect((await ask(daemon.url + LIVE)).status).toBe(401);
    expect((await ask(`${daemon.url}/metrics`)).status).toBe(200);
  });

  it('end the sessions of an account with another password, role or scope, and leave others', async () => {
    addAccount(folder.path, 'berta');
    const other = await signedIn(daemon.url, 'berta');
    for (const change of [
      ['password', 'anna', '--password-file', '-'],
      ['role', 'anna', 'viewer'],
      ['role', 'anna', 'viewer', '--isps', 'north'],
    ]) {
      const { cookie } = await signedIn(daemon.url, 'anna');
      runAccount([...change, '--state', folder.path], PASSWORD);
      expect(await statusOf(cookie), change.join(' ')).toBe(401);
    }
    expect(await statusOf(other.cookie)).toBe(200);
  });

  it('give access to no one while their file is broken, readable by others, or gone', async () => {
    runAccount(['role', 'anna', 'operator', '--all-isps', '--state', folder.path]);
    const broken: (() => void)[] = [
      () => {
        writeFileSync(file(), '{"schema":1,"accounts":[]');
      },
      () => {
        writeFileSync(file(), '');
      },
      () => {
        writeFileSync(file(), '{"schema":2,"accounts":[]}');
      },
      () => {
        writeFileSync(file(), '{"schema":1,"accounts":[{"name":"eve","role":"operator"}]}');
      },
      () => {
        rmSync(file());
      },
      () => {
        addAccount(folder.path, 'carla');
        chmodSync(file(), 0o644);
      },
    ];
    for (const [at, breakIt] of broken.entries()) {
      breakIt();
      const { status, body } = await signIn(daemon.url, 'anna');
      expect(`${status} ${body}`, `case ${at}`).toContain('503 {"problem":"the accounts cannot be used');
      expect((await ask(daemon.url + LIVE)).status).toBe(401);
    }
    await until('it is logged', () => daemon.log.includes('no one can sign in until the file is mended'));
    chmodSync(file(), 0o600);
    expect((await signIn(daemon.url, 'carla')).status).toBe(200);
  });

  it('give no access after a restart with a broken file either', async () => {
    await daemon.kill();
    writeFileSync(file(), 'garbage', { mode: 0o600 });
    await start();
    expect((await ask(daemon.url + LIVE)).status).toBe(401);
    expect((await signIn(daemon.url, 'carla')).status).toBe(503);
  });
});

it('gives no access without the file that --accounts names', async () => {
  folder = temporaryFolder();
  await start('--accounts', join(folder.path, 'none.json'));
  expect((await ask(daemon.url + LIVE)).status).toBe(401);
  expect((await signIn(daemon.url, 'anna')).status).toBe(503);
  await daemon.kill();
  folder.remove();
});

/** The parts of signing in by themselves, with a clock of the test: waits, sessions, passwords, accounts, forged origins. */
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { changedNow, type Account } from '../../src/web/http/accounts/account.ts';
import { readAccounts, writeAccounts } from '../../src/web/http/accounts/account-file.ts';
import { GuessLimiter } from '../../src/web/http/accounts/guess-limiter.ts';
import { passwordProblem } from '../../src/web/http/accounts/password-rules.ts';
import { hashPassword, PasswordWork } from '../../src/web/http/accounts/password-work.ts';
import { IDLE_MS, LONGEST_MS, SessionTable } from '../../src/web/http/accounts/session-table.ts';
import { addressKey } from '../../src/web/http/address-key.ts';
import { originProblem } from '../../src/web/http/origin-check.ts';
import { temporaryFolder } from '../kit/running-daemon.ts';

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

describe('guessing', () => {
  it('waits twice as long after each failure, up to the longest wait, and begins again after an hour', () => {
    let now = 0;
    const limiter = new GuessLimiter({ free: 3, longestMs: 10_000 }, () => now);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt++) {
      now += limiter.waitMs('a');
      limiter.attempt('a');
      waits.push(limiter.waitMs('a'));
    }
    expect(waits).toEqual([0, 0, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
    expect(limiter.waitMs('b')).toBe(0);
    now += 3_600_001;
    limiter.attempt('a');
    expect(limiter.waitMs('a')).toBe(0);
  });

  it('gains nothing by an own account: a success takes back itself alone', () => {
    let now = 0;
    const limiter = new GuessLimiter({ free: 3, longestMs: 10_000 }, () => now);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      now += limiter.waitMs('a');
      limiter.attempt('a');
      if (attempt % 2 === 1) limiter.takeBack('a');
      else waits.push(limiter.waitMs('a'));
    }
    expect(waits).toEqual([0, 0, 1000, 2000]);
  });

  it('keeps a bounded number of keys, the latest ones', () => {
    const limiter = new GuessLimiter({ free: 1, longestMs: 10_000 }, () => 0);
    limiter.attempt('first');
    for (let key = 0; key < 10_000; key++) limiter.attempt(`key ${key}`);
    expect([limiter.waitMs('first'), limiter.waitMs('key 9999')]).toEqual([0, 1000]);
  });

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
  ])('counts %s as %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});

describe('a session', () => {
  const user = { name: 'anna', role: 'viewer', isps: null } as const;

  it('ends after its idle time, and after its longest time whatever it does', () => {
    let now = 0;
    const table = new SessionTable(() => now);
    const [idle, used] = [table.begin(user, null), table.begin(user, null)];
    for (now = 0; now <= LONGEST_MS; now += IDLE_MS) expect(table.use(used)?.user).toBe(user);
    expect([table.use(idle), table.use(used)]).toEqual([null, null]);
    expect(table.count).toBe(0);
  });

  it('is one of a bounded number, of a user and in all', () => {
    const table = new SessionTable(() => 0);
    const own = Array.from({ length: 25 }, () => table.begin(user, null));
    expect(own.filter((id) => table.use(id) !== null)).toEqual(own.slice(5));
    for (let other = 0; other < 1100; other++) table.begin({ ...user, name: `user-${other}` }, null);
    expect(table.count).toBe(1000);
  });

  it('is found by its own id alone', () => {
    const table = new SessionTable(() => 0);
    const id = table.begin(user, null);
    for (const other of [undefined, '', id.slice(1), `${id} `, id.toUpperCase(), '__proto__'])
      expect(table.use(other)).toBeNull();
    table.end(id);
    expect(table.use(id)).toBeNull();
  });
});

describe('a password', () => {
  it.each([
    ['short', 'at least 12 characters, and has 5'],
    ['a'.repeat(257), 'at most 256'],
    ['aaaaaaaaaaaaaaaaaa', 'fewer than 5 different'],
    ['password123456', 'guessed first'],
    ['Sluice-2026-2026', 'guessed first'],
    ['karimov20262026', 'name of the account'],
    ['asdfghjkl123', 'keys in a row'],
    ['098765432109', 'keys in a row'],
    ['with a tab\tin it', 'control character'],
  ])('%j is refused, with the reason', (password, reason) => {
    expect(passwordProblem(password, 'karimov@example')).toContain(reason);
  });

  it.each([
    'four quiet harbours',
    'correct horse battery staple',
    'зелёный чайник утром',
    'R7#kd92!mQx0',
    'my password is long',
  ])('%j is taken', (password) => {
    expect(passwordProblem(password, 'karimov')).toBeNull();
  });

  it('is right in each spelling of its letters, and wrong for no account at all', async () => {
    const work = new PasswordWork();
    const hash = await hashPassword('café au lait für vier');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await work.verify(hash, 'café au lait für vier'.normalize('NFD'))).toBe(true);
    expect(await work.verify(hash, 'cafe au lait für vier')).toBe(false);
    expect(await work.verify(null, 'café au lait für vier')).toBe(false);
  });

  it('is verified by two at once, with few that wait', async () => {
    const work = new PasswordWork();
    const hash = await hashPassword('four quiet harbours');
    const results = await Promise.all(Array.from({ length: 30 }, () => work.verify(hash, 'another password')));
    expect(results.filter((result) => result === null)).toHaveLength(20);
    expect(await work.verify(hash, 'four quiet harbours')).toBe(true);
  });
});

describe('the file of accounts', () => {
  const hash = `$argon2id$v=19$m=19456,t=2,p=1$${'a'.repeat(22)}$${'b'.repeat(43)}`;
  const anna: Account = changedNow({ name: 'anna', role: 'operator', isps: ['north'], hash });
  const path = join(folder.path, 'accounts.json');

  it('is replaced as a whole, for its owner alone, and leaves nothing beside it', () => {
    writeAccounts(path, [anna], readAccounts(path));
    const reading = readAccounts(path);
    expect(reading).toMatchObject({ kind: 'accounts', accounts: [anna] });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    // Another command has written meanwhile.
    writeAccounts(path, [], reading);
    expect(() => {
      writeAccounts(path, [anna], reading);
    }).toThrow('changed at the same time');
    expect(readdirSync(folder.path)).toEqual(['accounts.json']);
  });

  it.each<[string, unknown]>([
    ['a hash that would take 4 GB', { ...anna, hash: hash.replace('m=19456', 'm=4194304') }],
    ['another kind of hash', { ...anna, hash: '$2b$10$abcdefghijklmnopqrstuv' }],
    ['a name with capitals', { ...anna, name: 'Anna' }],
    ['a role that is none', { ...anna, role: 'root' }],
    ['no network', { ...anna, isps: [] }],
    ['a key too many', { ...anna, isAdmin: true }],
  ])('with %s is not used, not even in part', (_what, account) => {
    writeFileSync(path, JSON.stringify({ schema: 1, accounts: [{ ...anna, name: 'other' }, account] }), {
      mode: 0o600,
    });
    chmodSync(path, 0o600);
    expect(readAccounts(path)).toMatchObject({ kind: 'broken' });
  });

  it('with an account twice, or a folder in its place, is not used', () => {
    writeFileSync(path, JSON.stringify({ schema: 1, accounts: [anna, anna] }));
    expect(readAccounts(path)).toEqual({ kind: 'broken', problem: 'the account anna is there twice' });
    mkdirSync(join(folder.path, 'folder'));
    expect(readAccounts(join(folder.path, 'folder'))).toEqual({ kind: 'broken', problem: 'it is not a file' });
    expect(readAccounts(join(folder.path, 'none'))).toEqual({ kind: 'none' });
  });
});

describe('the origin of a change', () => {
  const host = 'sluice.example:8443';
  it.each<[Record<string, string>, boolean, boolean]>([
    [{}, false, true],
    [{ origin: 'https://sluice.example:8443' }, false, true],
    [{ origin: 'https://sluice.example:8443', 'sec-fetch-site': 'same-origin' }, false, true],
    [{ origin: 'https://sluice.example' }, false, false],
    // A proxy may leave the port out, or add one.
    [{ origin: 'https://sluice.example' }, true, true],
    [{ origin: 'https://evil.example' }, true, false],
    [{ origin: 'http://sluice.example:8443' }, false, false],
    [{ origin: 'null' }, true, false],
    [{ origin: '' }, true, false],
    [{ origin: 'https://sluice.example.evil.example' }, true, false],
    [{ origin: 'https://evil.example/sluice.example' }, true, false],
    [{ 'sec-fetch-site': 'same-site' }, true, false],
    [{ origin: 'https://sluice.example:8443', 'sec-fetch-site': 'cross-site' }, true, false],
  ])('%j, behind a proxy %s: %s', (headers, isProxied, isOwn) => {
    expect(originProblem({ host, ...headers }, true, isProxied) === null).toBe(isOwn);
  });
});

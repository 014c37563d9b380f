/** Signing in at a provider of OpenID Connect: a daemon, a provider over HTTP with signed tokens, and what a browser does. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, type Reply } from '../kit/console-accounts.ts';
import { type Fault, OidcProvider } from '../kit/oidc-provider.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const folder = temporaryFolder();
const provider = new OidcProvider();
let daemon: RunningDaemon;
const config = join(folder.path, 'oidc.json');

function writeConfig(changes: object = {}): void {
  writeFileSync(join(folder.path, 'secret'), provider.clientSecret, { mode: 0o600 });
  const basic = {
    name: 'State login',
    issuer: provider.issuer,
    client_id: provider.clientId,
    client_secret_file: 'secret',
    role: { claim: 'groups', values: { 'sluice-view': 'viewer', 'sluice-act': 'operator' } },
    isps: { claim: 'networks', values: { 'n-1': ['north'], 'n-2': ['south'], all: null } },
  };
  writeFileSync(config, JSON.stringify({ ...basic, ...changes }));
}

beforeAll(async () => {
  await provider.start();
  writeConfig();
  daemon = await new RunningDaemon(['-', '--oidc', config, '--isp', 'north']).started();
});
afterAll(async () => {
  await daemon.kill();
  provider.stop();
  folder.remove();
});
beforeEach(() => {
  provider.claims = { preferred_username: 'Anna', groups: ['staff', 'sluice-view', 'sluice-act'], networks: 'n-1' };
  provider.fault = {};
});

const cookiesOf = ({ headers }: Reply): Record<string, string> =>
  Object.fromEntries(
    ((headers['set-cookie'] ?? []) as string[]).map((set) => set.split(';', 1)[0]!.split('=', 2) as [string, string]),
  );
const headerOf = (cookies: Record<string, string>): string =>
  Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ');

/** A browser that begins to sign in, and goes where the provider sends it. */
async function begun(
  to = '/rules?x=1',
): Promise<{ readonly cookie: string; readonly back: URL; readonly reply: Reply }> {
  const reply = await ask(`${daemon.url}/api/v1/sign-in/oidc?${new URLSearchParams({ to }).toString()}`);
  expect(reply.status).toBe(303);
  const there = await ask(reply.headers.location as string);
  return { cookie: headerOf(cookiesOf(reply)), back: new URL(there.headers.location as string), reply };
}

async function signedIn(to?: string): Promise<Reply> {
  const { cookie, back } = await begun(to);
  return ask(back.href, { headers: { cookie } });
}

const sessionOf = async (reply: Reply): Promise<Record<string, unknown>> =>
  JSON.parse(
    (await ask(`${daemon.url}/api/v1/session`, { headers: { cookie: headerOf(cookiesOf(reply)) } })).body,
  ) as Record<string, unknown>;

describe('signing in at a provider', () => {
  it('leads to the page that was asked for, with the role and networks of the claims', async () => {
    const { reply } = await begun();
    expect((reply.headers['set-cookie'] as string[])[0]).toMatch(/-begun=[\w-]{200,}; Path=\/; HttpOnly; SameSite=Lax/);
    const url = new URL(reply.headers.location as string);
    expect([...url.searchParams.keys()]).toEqual(expect.arrayContaining(['code_challenge', 'state', 'nonce']));
    const done = await signedIn();
    expect([done.status, done.headers.location]).toEqual([303, '/rules?x=1']);
    expect(await sessionOf(done)).toMatchObject({
      user: { name: 'oidc:anna', role: 'operator', isps: ['north'] },
      oidc: 'State login',
      accounts: true,
      actions: true,
      refusal: null,
    });
    await until('the sign-in is logged', () => daemon.logged('signed in').length > 0);
    expect(daemon.logged('signed in').at(-1)).toMatchObject({ account: 'oidc:anna' });
  });

  it('gives the networks of the claims alone', async () => {
    provider.claims.networks = ['n-2'];
    expect(await sessionOf(await signedIn())).toMatchObject({
      actions: false,
      refusal: { code: 'other-network', values: ['north', 'south'] },
    });
    provider.claims.networks = ['n-2', 'all'];
    expect(await sessionOf(await signedIn())).toMatchObject({ user: { isps: null }, refusal: null });
  });

  it('never leads to another site', async () => {
    for (const to of ['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)']) {
      const { headers } = await signedIn(to);
      expect(new URL(headers.location as string, daemon.url).origin).toBe(daemon.url);
    }
  });

  it('leaves pages closed to those who have not', async () => {
    expect((await ask(`${daemon.url}/api/v1/live`)).status).toBe(401);
  });

  const past = Math.floor(Date.now() / 1000) - 3600;
  it.each<[string, Fault]>([
    ['another nonce', { claims: { nonce: 'another' } }],
    ['no nonce', { claims: { nonce: undefined } }],
    ['another audience', { claims: { aud: 'another' } }],
    ['another issuer', { claims: { iss: 'https://evil.example' } }],
    ['an expired token', { claims: { exp: past, iat: past - 300 } }],
    ['no expiry', { claims: { exp: undefined } }],
    ['a token without a signature', { isUnsigned: true }],
    ['a token signed by another key', { isOtherKey: true }],
    ['another state', { answer: { state: 'another' } }],
    ['another code', { answer: { code: 'another' } }],
    ['an error', { answer: { error: 'access_denied' } }],
  ])('is refused with %s', async (_what, fault) => {
    provider.fault = fault;
    const done = await signedIn();
    expect([done.status, done.headers.location]).toEqual([303, '/sign-in?problem=failed']);
    expect(await sessionOf(done)).toMatchObject({ user: null });
  });

  it.each<[string, Record<string, unknown>]>([
    ['no group', { groups: undefined }],
    ['an unknown group', { groups: ['staff'] }],
    ['a group with the name of what every object has', { groups: ['constructor', '__proto__', 'toString'] }],
    ['groups that are no text', { groups: [{ name: 'sluice-act' }] }],
    ['an unknown network', { networks: 'n-9' }],
    ['no network', { networks: undefined }],
    ['no name', { preferred_username: undefined }],
    ['a name of other characters', { preferred_username: 'anna\nforged' }],
  ])('is refused with %s in the claims', async (_what, claims) => {
    Object.assign(provider.claims, claims);
    const done = await signedIn();
    expect([done.status, done.headers.location]).toEqual([303, '/sign-in?problem=unknown']);
    expect(await sessionOf(done)).toMatchObject({ user: null });
  });

  it('takes an answer once, and only in the browser that began', async () => {
    const { cookie, back } = await begun();
    const other = await begun();
    for (const stranger of ['', other.cookie, `${cookie}x`]) {
      const { headers } = await ask(back.href, { headers: { cookie: stranger } });
      expect(headers.location, stranger).toBe('/sign-in?problem=failed');
    }
    expect((await ask(back.href, { headers: { cookie } })).headers.location).toBe('/rules?x=1');
    // The code and the state again.
    expect((await ask(back.href, { headers: { cookie } })).headers.location).toBe('/sign-in?problem=failed');
  });

  it('is counted and logged, without code, token or secret', async () => {
    expect(await daemon.metric('sluice_http_sign_ins_total', 'result="refused"')).toBeGreaterThan(15);
    expect(daemon.log).toContain('State login');
    for (const secret of [provider.clientSecret, 'eyJ', 'code=', 'state=']) expect(daemon.log).not.toContain(secret);
  });

  it('is refused while the provider does not answer, and the daemon starts all the same', async () => {
    writeConfig({ issuer: 'http://127.0.0.1:9' });
    const lonely = await new RunningDaemon(['-', '--oidc', config]).started();
    const { headers } = await ask(`${lonely.url}/api/v1/sign-in/oidc`);
    expect(headers.location).toBe('/sign-in?problem=failed');
    expect((await ask(`${lonely.url}/api/v1/live`)).status).toBe(401);
    await lonely.kill();
    writeConfig();
  });

  it.each<[string, object, string]>([
    ['plain HTTP to another machine', { issuer: 'http://login.example' }, 'must begin with https://'],
    ['a role that is none', { role: { claim: 'x', values: { y: 'root' } } }, 'role.values.y'],
    ['a key too many', { allow: 'all' }, 'there is no allow'],
    ['a secret that is not there', { client_secret_file: 'none' }, 'no such file'],
  ])('is not begun with %s in the configuration', async (_what, changes, problem) => {
    writeConfig(changes);
    const refused = new RunningDaemon(['-', '--oidc', config]);
    expect((await refused.ended).code).toBe(2);
    expect(refused.log).toContain(problem);
    writeConfig();
  });
});

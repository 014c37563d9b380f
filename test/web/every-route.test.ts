/**
 * Every route of a running daemon, by every method, for every role and scope, from the table of routes itself: it answers
 * those whom its access allows, and refuses all others. The expectation is a table of its own, written here.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConsoleAnswers } from '../../src/web/api/routes.ts';
import { apiRoutes } from '../../src/web/api/routes.ts';
import { ACCESS_NAMES, type Access, type Role, ROLE_NAMES, type Route } from '../../src/web/api/route.ts';
import { sessionRoutes, type SessionParts } from '../../src/web/http/accounts/session-routes.ts';
import { addAccount, ask, runAccount, type SignedIn, signedIn } from '../kit/console-accounts.ts';
import { expectCoded } from '../kit/coded-refusal.ts';
import { RunningDaemon, temporaryFolder } from '../kit/running-daemon.ts';

/** Stands for whatever a table of routes is made of: only the table is read here. */
const anything: unknown = new Proxy(() => undefined, { get: () => anything, apply: () => anything });
const MACHINES: Pick<Route, 'method' | 'path' | 'access'>[] = [
  { method: 'GET', path: '/metrics', access: 'token' },
  { method: 'GET', path: '/healthz', access: 'open' },
  { method: 'GET', path: '/readyz', access: 'token' },
];
const ROUTES: readonly Pick<Route, 'method' | 'path' | 'access'>[] = [
  ...MACHINES,
  ...sessionRoutes(anything as SessionParts),
  ...apiRoutes(anything as ConsoleAnswers),
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** What a role is for, on a daemon of its networks. */
const FOR: Readonly<Record<Role, string>> = { viewer: 'read', auditor: 'read audit', operator: 'read audit act' };
const OPEN = 'open token';

const addressOf = (path: string): string => path.replaceAll(/:\w+/g, 'x');
const isOf = (route: { method: string }, method: string): boolean =>
  method === route.method || (method === 'HEAD' && route.method === 'GET');

interface Caller {
  readonly name: string;
  readonly session: SignedIn | null;
  /** Accesses that are for it. */
  readonly may: string;
  /** The refusal of all others. */
  readonly refusal: number;
}

async function check(daemon: RunningDaemon, { name, session, may, refusal }: Caller): Promise<void> {
  for (const path of new Set(ROUTES.map((route) => route.path))) {
    let isHidden = false;
    for (const method of METHODS) {
      const route = ROUTES.find((one) => one.path === path && isOf(one, method));
      const headers = {
        ...(session !== null && { cookie: session.cookie, 'x-csrf-token': session.csrf }),
        ...(!['GET', 'HEAD'].includes(method) && { 'content-type': 'application/json' }),
      };
      // Signing out would end the caller's session.
      if (path.endsWith('/sign-out') && method === 'POST' && may.includes('session')) continue;
      const body = ['GET', 'HEAD', 'OPTIONS'].includes(method) ? undefined : '{"no_such_key":1}';
      const { status, body: text } = await ask(daemon.url + addressOf(path), {
        method,
        headers,
        ...(body && { body }),
      });
      const what = `${name}: ${method} ${path}: ${status} ${text.slice(0, 200)}`;
      if (status >= 400 && method !== 'HEAD' && path.startsWith('/api/')) expectCoded(text, what);
      if (route === undefined) expect(status, what).toBe(405);
      else if (may.split(' ').includes(route.access)) {
        // Where addresses are hidden, a route may have nothing to search; that is not a matter of access.
        if (text.includes('addresses are hidden here')) isHidden = true;
        if (!isHidden) expect([401, 403, 405, 421, 500], what).not.toContain(status);
      } else {
        expect(status, what).toBe(refusal);
      }
    }
  }
}

describe('the table of routes', () => {
  it('has routes of each access, and no path twice for one method', () => {
    expect(ROUTES.length).toBeGreaterThan(8);
    expect(new Set(ROUTES.map(({ access }) => access)).size).toBeGreaterThanOrEqual(5);
    for (const { access } of ROUTES) expect(ACCESS_NAMES).toContain(access);
    const keys = ROUTES.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('has no change without a session but signing in', () => {
    for (const { method, path, access } of ROUTES) {
      if (method !== 'GET' && path !== '/api/v1/sign-in')
        expect(['act', 'session'] as Access[], path).toContain(access);
    }
  });
});

describe('a daemon without accounts, on loopback', () => {
  it('lets every program of the machine read, and do nothing', async () => {
    const daemon = await new RunningDaemon(['-', '--isp', 'north']).started();
    await check(daemon, { name: 'a program', session: null, may: `${OPEN} read`, refusal: 403 });
    await daemon.kill();
  });
});

describe('a daemon with accounts', () => {
  const state = temporaryFolder();
  let daemon: RunningDaemon;

  beforeAll(async () => {
    for (const role of ROLE_NAMES) {
      addAccount(state.path, `${role}-all`, '--role', role);
      addAccount(state.path, `${role}-own`, '--role', role, '--isps', 'south', 'north');
      addAccount(state.path, `${role}-other`, '--role', role, '--isps', 'south');
    }
    addAccount(state.path, 'removed', '--role', 'operator');
    daemon = await new RunningDaemon(['-', '--state', state.path, '--isp', 'north']).started();
  });
  afterAll(async () => {
    await daemon.kill();
    state.remove();
  });

  it('refuses those without a session, and those with a wrong one', async () => {
    const wrong = { cookie: `sluice-${new URL(daemon.url).port}=${'A'.repeat(43)}`, csrf: 'A'.repeat(43) };
    for (const session of [null, wrong]) await check(daemon, { name: 'stranger', session, may: OPEN, refusal: 401 });
  });

  for (const role of ROLE_NAMES)
    for (const scope of ['all', 'own', 'other'])
      it(`lets ${role} for ${scope} networks do what the role is for`, async () => {
        const session = await signedIn(daemon.url, `${role}-${scope}`);
        const may = scope === 'other' ? `${OPEN} session` : `${OPEN} session ${FOR[role]}`;
        await check(daemon, { name: `${role}-${scope}`, session, may, refusal: 403 });
      });

  it('has a code for what never reaches a route: other names, other sites, bodies that are none, nothing there', async () => {
    const { cookie, csrf } = await signedIn(daemon.url, 'operator-all');
    const json = { cookie, 'x-csrf-token': csrf, 'content-type': 'application/json' };
    const note = { method: 'POST', headers: json };
    const refused: [string, string, number, Parameters<typeof ask>[1]][] = [
      ['other-host', '/live', 421, { headers: { host: 'evil.example' } }],
      ['proxy-unnamed', '/live', 403, { headers: { 'x-forwarded-for': '192.0.2.7' } }],
      ['other-sites-unanswered', '/live', 403, { headers: { cookie, 'sec-fetch-site': 'cross-site' } }],
      ['nothing-here', '/nowhere', 404, { headers: { cookie } }],
      ['method-not-taken', '/live', 405, { method: 'DELETE' }],
      ['body-no-json', '/incidents', 400, { ...note, body: '{' }],
      ['body-no-json', '/incidents', 400, { ...note, body: '' }],
      ['body-other-type', '/incidents', 415, { ...note, headers: { ...json, 'content-type': 'text/csv' }, body: 'a' }],
      ['body-too-large', '/incidents', 413, { ...note, body: JSON.stringify('a'.repeat(70_000)) }],
      ['request-malformed', '/decisions/%', 400, { headers: { cookie } }],
    ];
    for (const [code, path, status, request] of refused) {
      const reply = await ask(`${daemon.url}/api/v1${path}`, request);
      expect([reply.status, JSON.parse(reply.body)], path).toEqual([status, expect.objectContaining({ code })]);
      expectCoded(reply.body, path);
    }
  });

  it('refuses an account that was removed with its next request', async () => {
    const session = await signedIn(daemon.url, 'removed');
    runAccount(['remove', 'removed', '--state', state.path]);
    await check(daemon, { name: 'removed', session, may: OPEN, refusal: 401 });
  });

  it('takes no change without the token of the session, with that of another, or from a page of another site', async () => {
    const session = await signedIn(daemon.url, 'operator-all');
    const other = await signedIn(daemon.url, 'operator-all');
    const host = new URL(daemon.url).host;
    const csrf = session.csrf;
    const changed = ROUTES.filter(({ method }) => method !== 'GET');
    const attacks: Record<string, string>[] = [
      { 'x-csrf-token': csrf, origin: 'http://evil.example' },
      { 'x-csrf-token': csrf, origin: 'null' },
      { 'x-csrf-token': csrf, origin: `https://${host}` },
      { 'x-csrf-token': csrf, origin: 'http://127.0.0.1:1' },
      { 'x-csrf-token': csrf, origin: `http://${host}.evil.example` },
      { 'x-csrf-token': csrf, 'sec-fetch-site': 'cross-site' },
      { 'x-csrf-token': csrf, 'sec-fetch-site': 'same-site' },
      { 'x-csrf-token': csrf, 'sec-fetch-site': 'none' },
    ];
    const tokens: Record<string, string>[] = [
      {},
      { 'x-csrf-token': '' },
      { 'x-csrf-token': other.csrf },
      { 'x-csrf-token': csrf.slice(0, -1) },
      { 'x-csrf-token': `${csrf}, ${csrf}` },
    ];
    for (const { method, path, access } of changed)
      for (const attack of access === 'open' ? attacks : [...attacks, ...tokens]) {
        const headers = { cookie: session.cookie, 'content-type': 'application/json', ...attack };
        const reply = await ask(daemon.url + addressOf(path), { method, headers, body: '{}' });
        expect(reply.status, `${path} ${JSON.stringify(attack)}`).toBe(403);
        expectCoded(reply.body, `${path} ${JSON.stringify(attack)}`);
      }
    // The session is whole: its own page may still change something.
    const headers = {
      cookie: session.cookie,
      'content-type': 'application/json',
      'x-csrf-token': csrf,
      origin: daemon.url,
      'sec-fetch-site': 'same-origin',
    };
    expect((await ask(`${daemon.url}/api/v1/sign-out`, { method: 'POST', headers, body: '{}' })).status).toBe(200);
  });

  it('has logged and counted what it refused', async () => {
    expect(daemon.logged('a request was refused').length).toBeGreaterThan(10);
    expect(await daemon.metric('sluice_http_requests_total', 'status="403"')).toBeGreaterThan(50);
    expect(await daemon.metric('sluice_http_requests_total', 'status="401"')).toBeGreaterThan(10);
    expect(await daemon.metric('sluice_http_sign_ins_total', 'result="success"')).toBe(13);
    expect(await daemon.metric('sluice_http_sign_ins_total', 'result="out"')).toBe(1);
  });
});

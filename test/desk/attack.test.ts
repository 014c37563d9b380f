/** Every role tries what it may not, against a running desk of examples: every route, and the rest. */
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Allowed } from '../../src/desk/http/desk-route.ts';
import type { DeskParts } from '../../src/desk/http/desk-parts.ts';
import { deskRoutes } from '../../src/desk/http/desk-routes.ts';
import { STAFF_ROLES, type StaffRole } from '../../src/desk/model/role.ts';
import { randomSecret } from '../../src/desk/model/reference.ts';
import { openDesk, row } from '../../src/desk/store/desk-database.ts';
import { applicationForm, DeskClient, hiddenFields, RunningDesk } from '../kit/running-desk.ts';
import { until } from '../kit/running-daemon.ts';

const NAMES: Readonly<Record<StaffRole, string>> = {
  isp: 'northnet',
  reviewer: 'anna',
  auditor: 'auditor',
  admin: 'admin',
};
/** Nothing is called when the table is only read. */
const ROUTES = deskRoutes({ oidc: null } as DeskParts);

let desk: RunningDesk;
let state: string;
const clients = new Map<StaffRole, DeskClient>();

function mayCall(allowed: Allowed, role: StaffRole | null): boolean {
  return allowed === 'public' || (role !== null && allowed.includes(role));
}

function path(route: string): string {
  return route
    .replace(':id', '3')
    .replace(':action', 'approve')
    .replace(':secret', 'A'.repeat(22))
    .replace(':kind', 'company');
}

beforeAll(async () => {
  const before = new Set(readdirSync(tmpdir()));
  desk = await new RunningDesk(['--demo', '--out', mkdtempSync(join(tmpdir(), 'sluice-out-'))]).ready();
  const made = readdirSync(tmpdir()).filter((name) => name.startsWith('sluice-desk-') && !before.has(name));
  state = made.map((name) => join(tmpdir(), name)).find((folder) => existsSync(join(folder, 'desk.db')))!;
  for (const role of STAFF_ROLES) {
    const client = new DeskClient(desk.origin);
    expect((await client.signIn(NAMES[role], desk.password)).status).toBe(303);
    clients.set(role, client);
  }
}, 60_000);

afterAll(async () => {
  await desk.stop();
});

/** Everything that an attack could have changed. */
function counts(): unknown {
  const database = openDesk(join(state, 'desk.db'));
  const found = row(
    database,
    `SELECT (SELECT count(*) FROM application) AS applications, (SELECT count(*) FROM change) AS changes,
      (SELECT count(*) FROM account) AS accounts, (SELECT count(*) FROM deed) AS deeds,
      (SELECT count(*) FROM registry_row) AS rows, (SELECT count(*) FROM release) AS releases,
      (SELECT count(*) FROM reason) AS reasons, (SELECT count(*) FROM import) AS imports`,
  );
  database.close();
  return found;
}

describe('a route', () => {
  // First, because the log counts refusals that come in numbers.
  it('with a guessed link leads nowhere, and no link is in the log', async () => {
    const client = new DeskClient(desk.origin);
    const secret = randomSecret();
    expect((await client.get(`/my/${secret}`)).status).toBe(404);
    expect((await client.post(`/my/${secret}/appeal`, { text: 'x' })).status).toBe(404);
    for (const odd of ['../../etc', "' OR 1=1 --", '%00', 'a'.repeat(5000)])
      expect([404, 400, 414]).toContain((await client.get(`/my/${encodeURIComponent(odd)}`)).status);
    await until('the refusal is logged', () => desk.errors.includes('/my/(secret)'), 5000);
    expect(desk.errors).not.toContain(secret);
  });

  const closed = ROUTES.filter(({ allowed }) => allowed !== 'public');

  it('is in the table once', () => {
    expect(closed.length).toBeGreaterThan(15);
    const keys = ROUTES.map(({ method, path: one }) => `${method} ${one}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is refused to every role that it is not for, and changes nothing', async () => {
    const before = counts();
    for (const { method, path: pattern, allowed } of closed)
      for (const role of [null, ...STAFF_ROLES]) {
        if (mayCall(allowed, role)) continue;
        const client = role === null ? new DeskClient(desk.origin) : clients.get(role)!;
        const { status, location } =
          method === 'GET' ? await client.get(path(pattern)) : await client.post(path(pattern), {});
        const where = `${method} ${pattern} by ${role ?? 'the public'}`;
        if (role !== null) expect(status, where).toBe(403);
        else if (method === 'GET') expect([status, location], where).toEqual([303, '/sign-in']);
        else expect(status, where).toBe(401);
      }
    expect(counts()).toEqual(before);
  });

  it('that changes something is refused without the token of its session, and from another site', async () => {
    const before = counts();
    for (const { method, path: pattern, allowed } of closed) {
      if (method !== 'POST' || pattern === '/sign-out') continue;
      const role = (allowed as readonly StaffRole[])[0]!;
      const client = clients.get(role)!;
      expect((await client.post(path(pattern), { csrf: 'guessed', key: randomSecret() })).status, pattern).toBe(403);
      const foreign = await client.post(path(pattern), {}, { origin: 'https://evil.example' });
      expect(foreign.status, pattern).toBe(403);
    }
    const form = applicationForm(randomSecret());
    const sent = await new DeskClient(desk.origin).post('/apply/company', form, { 'sec-fetch-site': 'cross-site' });
    expect(sent.status).toBe(403);
    expect(counts()).toEqual(before);
  });

  it('of another provider is answered as if there were nothing', async () => {
    // Application 3 is of South Telecom.
    const client = clients.get('isp')!;
    const { text } = await client.get('/queue');
    const { csrf } = hiddenFields(text, '/sign-out');
    expect((await client.get('/case/3')).status).toBe(404);
    expect((await client.post('/case/3/confirm', { csrf: csrf!, key: randomSecret() })).status).toBe(404);
    expect((await client.get('/files/1')).status).toBe(404);
  });
});

describe('a form', () => {
  const SCRIPT = `"><script>alert(1)</script><img src=x onerror=alert(2)>'`;

  it('with script in every field shows it as text, to the applicant and to staff', async () => {
    const client = new DeskClient(desk.origin);
    const fields = ['organisation', 'contact', 'phone', 'subscriber', 'purpose'];
    const hostile = Object.fromEntries(fields.map((name) => [name, `${name}${SCRIPT}`]));
    const { status, location } = await client.post('/apply/company', applicationForm(randomSecret(), hostile));
    expect(status).toBe(303);
    const shown = await client.get(location);
    const found = await clients.get('reviewer')!.get('/search?for=organisation');
    const staff = await clients.get('reviewer')!.get(/\/case\/\d+/.exec(found.text)![0]);
    for (const { text } of [shown, found, staff]) {
      expect(text).toContain('&lt;script&gt;alert(1)');
      expect(text).not.toContain('<script>alert');
      expect(text).not.toContain('<img src=x');
    }
    const again = await client.post('/apply/company', applicationForm(randomSecret(), { mail: SCRIPT, own: SCRIPT }));
    expect(again.status).toBe(422);
    expect(again.text).not.toContain('<script>alert');
    expect(shown.headers.get('content-security-policy')).not.toContain('unsafe-inline');
  });

  it('that is sent twice makes one application, and gives the same link', async () => {
    const client = new DeskClient(desk.origin);
    const key = randomSecret();
    const own = '198.51.100.136/30';
    const both = await Promise.all([1, 2].map(() => client.post('/apply/company', applicationForm(key, { own }))));
    expect(both[0]!.location).toBe(both[1]!.location);
    expect(both[0]!.location).toMatch(/^\/my\/[\w-]{22}$/);
    const database = openDesk(join(state, 'desk.db'));
    expect(row(database, 'SELECT count(*) AS count FROM submission WHERE key = ?', key)).toEqual({ count: 1 });
    database.close();
  });

  it('with a file that is too large, empty, or not what its name says is refused', async () => {
    const client = new DeskClient(desk.origin);
    const before = counts();
    const contents = [
      Buffer.alloc(6 << 20, '%PDF-'),
      Buffer.from('MZ is a program'),
      Buffer.from('<svg onload=alert(1)>'),
    ];
    for (const content of contents) {
      const form = applicationForm(randomSecret());
      form.set('evidence', new Blob([new Uint8Array(content)], { type: 'application/pdf' }), '../../x.pdf');
      expect((await client.post('/apply/company', form)).status).toBe(422);
    }
    expect(counts()).toEqual(before);
  });

  it('with characters of SQL is a text like any other', async () => {
    const client = clients.get('reviewer')!;
    const before = counts();
    for (const text of ["'; DROP TABLE change; --", '" OR ""="', 'x* NEAR y', '%_\\'])
      for (const page of ['/search?for=', '/status?reference=', '/registered?reference=x&address='])
        expect((await client.get(page + encodeURIComponent(text))).status).toBe(200);
    expect(counts()).toEqual(before);
  });
});

describe('a session', () => {
  it('that was there before signing in is not kept', async () => {
    const client = new DeskClient(desk.origin);
    const name = clients.get('admin')!.cookie.split('=')[0]!;
    client.cookie = `${name}=${'A'.repeat(43)}`;
    await client.signIn('auditor', desk.password);
    expect(client.cookie).not.toContain('A'.repeat(43));
    expect((await client.get('/queue')).status).toBe(200);
  });

  it('is not opened by guessing: after some attempts the next ones wait', async () => {
    const client = new DeskClient(desk.origin);
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++)
      statuses.push((await client.signIn('boris', `wrong-${attempt}`)).status);
    expect(statuses.slice(0, 3)).toEqual([401, 401, 401]);
    expect(statuses.at(-1)).toBe(429);
    expect(desk.errors).not.toContain('wrong-');
  });
});

describe('the log', () => {
  it('has no personal data of those who applied', () => {
    for (const text of ['it@linden.example', 'Contact Person', 'Linden', 'N-77'])
      expect(desk.errors).not.toContain(text);
  });

  it('is not the only place: an auditor sees how much was refused on the page of changes', async () => {
    const { text } = await clients.get('auditor')!.get('/changes');
    const count = (title: string): number => Number(text.split(`>${title}</td>`)[1]?.match(/>(\d+)<\/td>/)?.[1] ?? -1);
    expect(count('Requests of a role or a form that may not (403)')).toBeGreaterThan(50);
    expect(count('Requests for what is not there (404)')).toBeGreaterThan(0);
    expect(count('Signing in: wrong')).toBeGreaterThan(2);
    expect(count('Signing in: limited')).toBeGreaterThan(0);
  });
});

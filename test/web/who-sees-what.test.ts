/** What a viewer does not see: what people did. And that no other site makes the daemon work. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addAccount, ask, signedIn } from '../kit/console-accounts.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const NOTE = { title: 'Maintenance', from: 1_731_240_000, to: 1_731_243_600 };

describe('what people did', () => {
  const folder = temporaryFolder();
  const cookies = new Map<string, string>();
  let daemon: RunningDaemon;

  const read = async <T>(name: string, path: string): Promise<T> => {
    const { status, body } = await ask(`${daemon.url}/api/v1${path}`, { headers: { cookie: cookies.get(name)! } });
    expect(status).toBe(200);
    return JSON.parse(body) as T;
  };
  interface Changes {
    readonly changes: readonly { readonly kind: string }[];
  }
  interface Incidents {
    readonly incidents: readonly { readonly kind: string; readonly noted: { readonly by: string } | null }[];
  }
  const actions = async (name: string): Promise<number> =>
    (await read<Changes>(name, '/changes')).changes.filter(({ kind }) => kind === 'action').length;

  beforeAll(async () => {
    for (const role of ['viewer', 'auditor', 'operator']) addAccount(folder.path, role, '--role', role);
    daemon = await new RunningDaemon(['-', '--state', folder.path]).started();
    for (const role of ['viewer', 'auditor', 'operator']) {
      const { cookie, csrf } = await signedIn(daemon.url, role);
      cookies.set(role, cookie);
      if (role !== 'operator') continue;
      const headers = { cookie, 'x-csrf-token': csrf, 'content-type': 'application/json' };
      const body = JSON.stringify(NOTE);
      const { status } = await ask(`${daemon.url}/api/v1/incidents`, { method: 'POST', headers, body });
      expect(status).toBe(201);
    }
    await until('the action is recorded', async () => (await actions('operator')) > 0);
  });
  afterAll(async () => {
    await daemon.kill();
    folder.remove();
  });

  it('is among the changes for auditors and operators, and not for viewers', async () => {
    expect([await actions('auditor'), await actions('operator'), await actions('viewer')]).toEqual([1, 1, 0]);
  });

  it('and who noted an incident likewise', async () => {
    const by = async (name: string): Promise<unknown> =>
      (await read<Incidents>(name, '/incidents')).incidents.find(({ kind }) => kind === 'note')!.noted;
    expect(await by('auditor')).toMatchObject({ by: 'operator' });
    expect(await by('viewer')).toBeNull();
  });

  it('no request that a browser makes for another site is answered', async () => {
    const headers = { cookie: cookies.get('operator')!, 'sec-fetch-site': 'cross-site' };
    const { status, body } = await ask(`${daemon.url}/api/v1/live`, { headers });
    expect([status, JSON.parse(body)]).toEqual([403, expect.objectContaining({ code: 'other-sites-unanswered' })]);
    const own = { ...headers, 'sec-fetch-site': 'same-origin' };
    expect((await ask(`${daemon.url}/api/v1/live`, { headers: own })).status).toBe(200);
  });
});

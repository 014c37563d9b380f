/** Every route of a hub, from its table, for every account: an account for one operator sees nothing of another. */
import { expect, it } from 'vitest';
import type { HistoryClient } from '../../src/history/process/history-client.ts';
import type { HistoryQuestion } from '../../src/history/process/messages.ts';
import { DRIFTS, driftsOf } from '../../src/hub/sensor-drift.ts';
import { HubMetrics } from '../../src/hub/hub-metrics.ts';
import { hubRoutes } from '../../src/hub/hub-routes.ts';
import type { HubSensor } from '../../src/web/api/hub-schema.ts';
import type { User } from '../../src/web/api/route.ts';

const ISPS = ['isp-a', 'isp-b'];
const sensor = (isp: string): HubSensor => ({
  ...{ isp, site: `site-of-${isp}`, version: '1.0.0', seen_ms: 0, clock_offset_ms: 0, minute_ms: 0, rows: 1 },
  ...{ refused_rows: 0, packets: 1, lost_packets: 0, lag_us: 0, drift: [], rules: null },
});

/** Answers with what it was asked, so that a test sees the scope of the question. */
function routesOf(asked: HistoryQuestion[]) {
  const client = {
    ask: (question: HistoryQuestion) => {
      asked.push(question);
      const incident = { incident: { isp: 'isp-b' }, before: [], during: [], in_force: null };
      return Promise.resolve(JSON.stringify(question.what === 'incident' ? incident : question));
    },
  } as Pick<HistoryClient, 'ask'>;
  const metrics = new HubMetrics(() => Promise.reject(new Error('not asked')));
  return hubRoutes({
    client,
    metrics,
    notReady: () => null,
    document: () => ({
      ...{ version: '1.0.0', wall_ms: 0, now_ms: 0, zone: 'UTC', source: { kind: 'fleet' as const } },
      ...{ problem: null, code: null, values: [], fleet_breaker: null, pending: 0, history: { written: 0 } },
    }),
    sensors: () => Promise.resolve(ISPS.map(sensor)),
  });
}

const ROLES = ['viewer', 'operator', 'auditor'] as const;
const OPEN: readonly string[] = ['/metrics', '/healthz', '/readyz', '/api/v1/live'];

for (const role of ROLES)
  it(`a ${role} of one operator gets its figures alone, on every route`, async () => {
    const user = { name: 'x', role, isps: ['isp-a'] } as unknown as User;
    const asked: HistoryQuestion[] = [];
    const routes = routesOf(asked).filter(({ path }) => !OPEN.includes(path));
    expect(routes.length).toBeGreaterThan(4);
    for (const { path, method, access, answer } of routes) {
      expect([method, access], path).toEqual(['GET', 'read']);
      const ask = async (query: object): Promise<{ status: number; body: string }> => {
        try {
          const found = await answer({ query, params: { id: '1' }, user, body: undefined }, {} as never);
          return { status: found.status, body: String(found.body) };
        } catch (error) {
          return { status: (error as { statusCode?: number }).statusCode ?? 500, body: '' };
        }
      };
      const own = await ask({ measure: 'packets' });
      expect(own.body, path).not.toContain('isp-b');
      const other = await ask({ measure: 'packets', isp: 'isp-b' });
      expect(other.status, path).toBe(path.endsWith(':id') ? 404 : 403);
    }
    for (const question of asked)
      if (question.what !== 'incident') expect(JSON.stringify(question), question.what).toContain('"isp":"isp-a"');
  });

it('an account for all operators gets the sensors and incidents of all', async () => {
  const user = { name: 'x', role: 'viewer', isps: null } as unknown as User;
  const routes = routesOf([]);
  const at = (path: string) => routes.find((route) => route.path === `/api/v1${path}`)!;
  const request = { query: {}, params: { id: '1' }, user, body: undefined };
  expect(String((await at('/sensors').answer(request, {} as never)).body)).toContain('isp-b');
  expect((await at('/incidents/:id').answer(request, {} as never)).status).toBe(200);
});

it('a sensor drifts by silence, by other rules after a while, by a refusal and by its clock', () => {
  const nowMs = 1e12;
  const health = { ...sensor('isp-a'), seen_ms: nowMs };
  const status = { bundle: { version: 1, id: 'one' }, refused: null, seen_ms: nowMs } as never;
  const wanted = { version: 2, id: 'two', sinceMs: nowMs - 1000 };
  expect(driftsOf(health, null, nowMs)).toEqual([]);
  expect(driftsOf(health, { status, wanted }, nowMs)).toEqual([]);
  expect(driftsOf(health, { status, wanted }, nowMs + 60_000)).toEqual(['other-rules']);
  const refused = { bundle: null, refused: { version: 2, reason: 'cut', problem: 'cut' }, seen_ms: 0 } as never;
  const late = { ...health, clock_offset_ms: -2500 };
  expect(driftsOf(late, { status: refused, wanted }, nowMs + 600_000)).toEqual(DRIFTS);
});

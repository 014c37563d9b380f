/** Answers that a browser may take compressed, from a running daemon. */
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptsGzip } from '../../src/web/http/compressed-answer.ts';
import { ask } from '../kit/console-accounts.ts';
import { RunningDaemon } from '../kit/running-daemon.ts';

let daemon: RunningDaemon;
beforeAll(async () => {
  daemon = await new RunningDaemon(['-', '--zone', 'UTC']).started();
});
afterAll(() => daemon.kill());

const DAY_S = 86_400;
const CHART = `/api/v1/chart?measure=decisions&by=action&from=${20_000 * DAY_S}&to=${20_700 * DAY_S}`;
const answer = (path: string, accepted?: string): ReturnType<typeof ask> =>
  ask(daemon.url + path, { headers: accepted === undefined ? {} : { 'accept-encoding': accepted } });

describe('an answer with figures', () => {
  it.each(['', '&format=csv'])('of many points is compressed for who takes it, and the same (%s)', async (format) => {
    const [plain, packed] = [await answer(CHART + format), await answer(CHART + format, 'br, gzip, deflate')];
    expect(plain.body.length).toBeGreaterThan(4096);
    expect([plain.status, packed.status]).toEqual([200, 200]);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(packed.body.length).toBeLessThan(plain.body.length / 5);
    expect(Number(packed.headers['content-length'])).toBe(packed.body.length);
    expect(gunzipSync(Buffer.from(packed.body, 'latin1')).toString('latin1')).toBe(plain.body);
    // A cache in between keeps them apart.
    for (const { headers } of [plain, packed]) expect(headers.vary).toBe('accept-encoding');
    expect(packed.headers['content-type']).toBe(plain.headers['content-type']);
  });

  it('of few bytes is not, and neither is one about a session', async () => {
    for (const path of [`${CHART}&points=10`, '/api/v1/session']) {
      const { headers, status } = await answer(path, 'gzip');
      expect([status, headers['content-encoding']]).toEqual([200, undefined]);
    }
  });

  it.each<[string | undefined, boolean]>([
    ['gzip', true],
    ['deflate,gzip;q=0.5', true],
    ['br, gzip', true],
    ['gzip;q=0', false],
    ['gzip; q=0.000, br', false],
    ['gzip;q=0.001', true],
    ['x-gzip', false],
    ['gzipped', false],
    ['identity', false],
    ['', false],
    [undefined, false],
  ])('with the header %s is compressed or not', (header, accepts) => {
    expect(acceptsGzip(header)).toBe(accepts);
  });
});

/**
 * Hostile values in every key of every query of the API, from the table of routes: each is answered in words or with
 * figures, in bounded size, and never by a fault of the daemon.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { apiRoutes, type ConsoleAnswers } from '../../src/web/api/routes.ts';
import { addAccount, ask, signedIn, type SignedIn } from '../kit/console-accounts.ts';
import { Conversation } from '../kit/many-clients.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { type Refused, reasonIn } from '../../src/web/console/format/refusal-words.ts';

const anything: unknown = new Proxy(() => undefined, { get: () => anything, apply: () => anything });
/** As they stand in an address. */
const VALUES = [
  ...['', '-1', '1e309', '9007199254740993', '0x10', 'NaN', '%00', '%25', '_%25_%25', ',,,,', '::/0', '2024-02-30'],
  ...["'%20OR%201=1%20--", '%F0%9F%92%A9,%E2%80%AE', '__proto__', '../../etc/passwd', 'a'.repeat(3000)],
];
/** Keys that a route needs before any other is read. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  '/api/v1/chart': ['measure=decisions', 'measure=clients&by=action'],
  '/api/v1/registry/search': ['q=bank'],
  '/api/v1/registry/registration': ['row=0'],
  '/api/v1/reports/made': ['audience=operator&period=2024-11'],
  '/api/v1/reports/preview': ['audience=operator&period=2024-11'],
  '/api/v1/reports/kept/:id': ['format=html'],
};
const START_US = 1_731_261_640_000_000;
const CLIENTS = 50;
const LARGEST_BYTES = 400_000;

const state = temporaryFolder();
let daemon: RunningDaemon;
let anna: SignedIn;

beforeAll(async () => {
  addAccount(state.path, 'anna', '--role', 'operator');
  daemon = await new RunningDaemon(['-', '--state', state.path]).started();
  const handshake = new Conversation('wireguard/handshake-only.pcap');
  daemon.child.stdin!.write(handshake.capture(0, CLIENTS, START_US, 1000));
  const packets = CLIENTS * handshake.packets.length;
  await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === packets);
  anna = await signedIn(daemon.url, 'anna');
});
afterAll(async () => {
  await daemon.kill();
  state.remove();
});

const routes = apiRoutes(anything as ConsoleAnswers).filter(({ method }) => method === 'GET');

/** Addresses with a hostile value in one place each. */
function addressesOf(path: string, keys: readonly string[]): string[] {
  const parts = /:\w+/.exec(path) === null ? [] : VALUES.filter((value) => value !== '' && !value.includes('/'));
  const inPath = parts.map((value) => path.replace(/:\w+/, value));
  const known = path.replace(/:\w+/, '1');
  const inQuery = keys.flatMap((key) =>
    (NEEDED[path] ?? ['']).flatMap((needed) =>
      VALUES.map((value) => {
        const others = needed.split('&').filter((one) => one !== '' && !one.startsWith(`${key}=`));
        return `${known}?${[...others, `${key}=${value}`].join('&')}`;
      }),
    ),
  );
  return [...inPath, ...inQuery];
}

/** The words of the page's catalogue; undefined for a refusal without a code. */
function saidByPage(body: string): string | null | undefined {
  const { code, values } = JSON.parse(body) as Refused;
  return reasonIn({ ...(code !== undefined && { code }), ...(values !== undefined && { values }) });
}

it.each(routes.map((route) => [route.path, route] as const))(
  '%s takes hostile values without a fault',
  async (path, route) => {
    const query = route.query as { readonly shape: object } | undefined;
    const addresses = addressesOf(path, Object.keys(query?.shape ?? {}));
    for (const [at, address] of addresses.entries()) {
      // Many addresses of this machine, so that none asks too often.
      const from = `127.0.0.${2 + (at % 200)}`;
      const { status, body } = await ask(daemon.url + address, { headers: { cookie: anna.cookie }, from });
      const what = `${address.slice(0, 200)}: ${status} ${body.slice(0, 300)}`;
      expect([200, 400, 403, 404, 414, 422, 501], what).toContain(status);
      expect(body.length, what).toBeLessThan(LARGEST_BYTES);
      expect(body, what).not.toMatch(/SQLITE|SqliteError|near "|\bat .*\.js:\d|root:/);
      if (status >= 400) expect(JSON.parse(body), what).toMatchObject({ problem: expect.any(String) as string });
      if (status === 400 || status === 422) expect(saidByPage(body), what).toBe((JSON.parse(body) as Refused).problem);
    }
    expect(daemon.child.exitCode).toBeNull();
    expect(daemon.log).not.toMatch(/"level":"fatal"|unhandled/i);
  },
);

it('routes of lists have queries to try', () => {
  expect(routes.filter((route) => route.query !== undefined).length).toBeGreaterThan(10);
});

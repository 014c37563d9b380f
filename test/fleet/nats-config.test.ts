/** The configuration that deploy/nats makes, on a real server: what a sensor may, and what is refused. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts, NO_NATS } from '../kit/nats-server.ts';
import { PROJECT, until } from '../kit/running-daemon.ts';

const OWN = 'sluice.v1.example.lahore-1.events';
const LAST = '$JS.API.DIRECT.GET.SLUICE_EVENTS.';
const ANSWER_MS = 3000;

const folder = mkdtempSync(join(tmpdir(), 'sluice-nats-config-'));
const script = join(PROJECT, 'deploy/nats/make-config');
let server: ChildProcess | null = null;
let url = '';
const connections: NatsConnection[] = [];

const pem = (name: string): string => readFileSync(join(folder, name), 'utf8');
const make = (...sensors: string[]): string =>
  execFileSync(script, [folder, 'localhost', ...sensors], { encoding: 'utf8' });

async function connected(name: string): Promise<NatsConnection> {
  const tls = { ca: pem('ca.pem'), cert: pem(`${name}.pem`), key: pem(`${name}.key`) };
  const connection = await connect({ servers: url, tls, timeout: ANSWER_MS });
  connections.push(connection);
  return connection;
}

/** The answer to a request, or why there is none. */
async function ask(connection: NatsConnection, subject: string, text = ''): Promise<string> {
  const fields = headers();
  fields.set('Sluice-Offset', '1');
  return connection.request(subject, text, { timeout: ANSWER_MS, headers: fields }).then(
    (answer) => answer.string(),
    (error: unknown) => `refused: ${(error as Error).message}`,
  );
}

beforeAll(async () => {
  if (NO_NATS !== undefined) return;
  expect(make('example/lahore-1', 'example/karachi-2', 'other/quetta-1')).toMatch(/2 isps, 3 sensors/);
  const [port] = await freePorts(1);
  const config = join(folder, 'nats.conf');
  writeFileSync(config, readFileSync(config, 'utf8').replace('0.0.0.0:4222', `127.0.0.1:${port}`));
  url = `tls://localhost:${port}`;
  server = spawn('nats-server', ['-c', config], { stdio: 'ignore' });
  const streams = join(PROJECT, 'deploy/nats/make-streams.mjs');
  await until(
    'the streams',
    () => spawnSync(process.execPath, [streams, url, '1', '1000000', folder]).status === 0,
    30_000,
  );
}, 60_000);
afterAll(async () => {
  await Promise.all(connections.map((connection) => connection.close()));
  server?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(NO_NATS !== undefined)(`the configuration${NO_NATS === undefined ? '' : `: ${NO_NATS}`}`, () => {
  it('lets a sensor publish its own events, with an acknowledgement, and read its own last message', async () => {
    const sensor = await connected('example.lahore-1');
    expect(JSON.parse(await ask(sensor, OWN, '{"seq":1}\n'))).toMatchObject({ stream: 'SLUICE_EVENTS', seq: 1 });
    expect(await ask(sensor, LAST + OWN)).toBe('{"seq":1}\n');
  });

  it('lets a sensor publish its own minutes to a stream of their own, and read the last', async () => {
    const sensor = await connected('example.lahore-1');
    const own = 'sluice.v1.example.lahore-1.minutes';
    expect(JSON.parse(await ask(sensor, own, '{}\n'))).toMatchObject({ stream: 'SLUICE_MINUTES', seq: 1 });
    expect(await ask(sensor, `$JS.API.DIRECT.GET.SLUICE_MINUTES.${own}`)).toBe('{}\n');
  });

  it('lets a sensor say what it runs, and read the pointers of rings and the bundles', async () => {
    const hub = await connected('hub');
    expect(await ask(hub, '$KV.sluice-rings.all', '{}')).toContain('KV_sluice-rings');
    expect(await ask(hub, '$O.sluice-rules.C.part', 'bytes')).toContain('OBJ_sluice-rules');
    const sensor = await connected('example.lahore-1');
    const status = 'sluice.v1.example.lahore-1.status';
    expect(JSON.parse(await ask(sensor, status, '{}'))).toMatchObject({ stream: 'SLUICE_STATUS' });
    expect(await ask(sensor, '$JS.API.DIRECT.GET.KV_sluice-rings.$KV.sluice-rings.all')).toBe('{}');
    const part = JSON.stringify({ seq: 1, next_by_subj: '$O.sluice-rules.C.part' });
    expect(await ask(sensor, '$JS.API.DIRECT.GET.OBJ_sluice-rules', part)).toBe('bytes');
  });

  it("lets a sensor ask for its lease, across accounts, and take the hub's answer", async () => {
    const hub = await connected('hub');
    hub.subscribe('sluice.v1.*.*.lease', {
      callback: (_error, message) => {
        message.respond(`for ${message.subject}`);
      },
    });
    await hub.flush();
    const sensor = await connected('example.lahore-1');
    const own = 'sluice.v1.example.lahore-1.lease';
    expect(await ask(sensor, own, '{}')).toBe(`for ${own}`);
  });

  it.each([
    ['a pointer of a ring', '$KV.sluice-rings.all'],
    ['a bundle', '$O.sluice-rules.C.part'],
    ['the lease of another site', 'sluice.v1.example.karachi-2.lease'],
    ['the lease of a site of another isp', 'sluice.v1.other.quetta-1.lease'],
    ['a reset of the breaker of the fleet', 'sluice.hub.breaker'],
    ['what is lent', '$KV.sluice-leases.ledger'],
    ['the status of another site', 'sluice.v1.example.karachi-2.status'],
    ['the last status of a site', '$JS.API.DIRECT.GET.SLUICE_STATUS.sluice.v1.example.lahore-1.status'],
    ['minutes of another site of its isp', 'sluice.v1.example.karachi-2.minutes'],
    ['minutes of another isp', 'sluice.v1.other.quetta-1.minutes'],
    ['events of another site of its isp', 'sluice.v1.example.karachi-2.events'],
    ['events of another isp', 'sluice.v1.other.quetta-1.events'],
    ["another site's last message", `${LAST}sluice.v1.example.karachi-2.events`],
    ["another isp's last message", `${LAST}sluice.v1.other.quetta-1.events`],
    ['any message of the stream by its number', '$JS.API.STREAM.MSG.GET.SLUICE_EVENTS'],
    ['the deletion of the stream', '$JS.API.STREAM.DELETE.SLUICE_EVENTS'],
    ['a purge of the stream', '$JS.API.STREAM.PURGE.SLUICE_EVENTS'],
    ['a consumer of the stream', '$JS.API.CONSUMER.CREATE.SLUICE_EVENTS'],
    ['a stream of its own', '$JS.API.STREAM.CREATE.MINE'],
  ])('refuses a sensor %s', async (_what, subject) => {
    const sensor = await connected('example.lahore-1');
    expect(await ask(sensor, subject, '{}')).toMatch(/^refused: Permissions Violation/);
  });

  it("refuses a sensor a subscription to the fleet's subjects", async () => {
    const sensor = await connected('example.lahore-1');
    const subscription = sensor.subscribe('sluice.v1.>');
    await expect(subscription.closed.then((error) => Promise.reject(error as Error))).rejects.toThrow(
      /Permissions Violation/,
    );
  });

  it('refuses a client without a certificate, and one whose certificate another authority signed', async () => {
    await expect(connect({ servers: url, tls: { ca: pem('ca.pem') }, timeout: ANSWER_MS })).rejects.toThrow();
    const other = join(folder, 'stranger');
    const subject = ['-subj', '/CN=hub', '-addext', 'subjectAltName=DNS:hub'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ed25519', '-nodes', ...subject, '-keyout', `${other}.key`, '-out', `${other}.pem`],
      { stdio: 'ignore' },
    );
    await expect(connected('stranger')).rejects.toThrow();
  });

  it('keeps keys when a sensor is added, and names a wrong name', () => {
    const before = pem('example.lahore-1.key');
    make('example/lahore-1', 'example/karachi-2', 'other/quetta-1', 'other/quetta-2');
    expect(pem('example.lahore-1.key')).toBe(before);
    expect(pem('nats.conf')).toContain('quetta-2.other');
    const wrong = spawnSync(script, [folder, 'localhost', 'example/a.b'], { encoding: 'utf8' });
    expect([wrong.status, wrong.stderr]).toEqual([2, 'example/a.b is no ISP/SITE, like example/lahore-1\n']);
  });

  it('makes a cluster of three nodes over TLS, which takes a message of a sensor while one of them is killed', async () => {
    const cluster = join(folder, 'cluster');
    // A node reaches the others at a port that is 2000 above its own.
    const ports = (await freePorts(3)).map((port) => 20_000 + (port % 10_000));
    const hosts = ports.map((port) => `localhost:${port}`).join(',');
    execFileSync(script, [cluster, hosts, 'example/lahore-1'], { encoding: 'utf8' });
    const nodes = [1, 2, 3].map((node) =>
      spawn('nats-server', ['-c', join(cluster, `nats-${node}.conf`)], { stdio: 'ignore' }),
    );
    const streams = join(PROJECT, 'deploy/nats/make-streams.mjs');
    const urls = ports.map((port) => `tls://localhost:${port}`);
    const made = (): boolean =>
      spawnSync(process.execPath, [streams, urls[0]!, '3', '1000000', cluster], { stdio: 'ignore' }).status === 0;
    try {
      await until('the streams', made, 60_000);
      const pemOf = (name: string): string => readFileSync(join(cluster, name), 'utf8');
      const own = 'example.lahore-1';
      const tls = { ca: pemOf('ca.pem'), cert: pemOf(`${own}.pem`), key: pemOf(`${own}.key`) };
      nodes[0]!.kill('SIGKILL');
      const sensor = await connect({ servers: urls.slice(1), tls, timeout: ANSWER_MS });
      connections.push(sensor);
      let answer = '';
      const isTaken = async (): Promise<boolean> => (answer = await ask(sensor, OWN, '{}')).includes('"seq":');
      await until('the message is taken', isTaken, 60_000);
      expect(JSON.parse(answer)).toMatchObject({ stream: 'SLUICE_EVENTS' });
    } finally {
      for (const node of nodes) node.kill('SIGKILL');
    }
  }, 150_000);
});

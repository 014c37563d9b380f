/** Headers of a daemon's answers: what a browser may run and keep, what it need not load again, and what TLS adds. */
import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addAccount, ask, PASSWORD, type Reply } from '../kit/console-accounts.ts';
import { PROJECT, RunningDaemon, temporaryFolder } from '../kit/running-daemon.ts';

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

const policyOf = ({ headers }: Reply): Record<string, string> =>
  Object.fromEntries(
    (headers['content-security-policy'] as string).split(';').map((part) => part.split(/ (.*)/, 2) as [string, string]),
  );

describe('an answer over HTTP', () => {
  let daemon: RunningDaemon;
  const get = (path: string, headers: Record<string, string> = {}): Promise<Reply> =>
    ask(daemon.url + path, { headers });

  beforeAll(async () => {
    daemon = await new RunningDaemon(['-']).started();
  });
  afterAll(async () => {
    await daemon.kill();
  });

  it('lets a browser run and load what this server has, and nothing else', async () => {
    for (const path of ['/', '/sign-in', '/nothing', '/api/v1/live', '/api/v1/nothing', '/assets/nothing.js']) {
      const reply = await get(path);
      const policy = policyOf(reply);
      expect(policy).toMatchObject({ 'default-src': "'none'", 'base-uri': "'none'", 'frame-ancestors': "'none'" });
      for (const sources of Object.values(policy)) expect(["'none'", "'self'"], path).toContain(sources);
      expect(reply.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'permissions-policy': expect.stringContaining('geolocation=()') as string,
        'cross-origin-resource-policy': 'same-origin',
      });
      // Over plain HTTP it would be worth nothing.
      expect(reply.headers['strict-transport-security']).toBeUndefined();
      expect(reply.headers['x-powered-by']).toBeUndefined();
      expect(reply.headers.server).toBeUndefined();
    }
  });

  it('of the API is kept nowhere; assets are kept for good, and come compressed as the browser likes', async () => {
    expect((await get('/api/v1/live')).headers['cache-control']).toBe('no-store');
    expect((await get('/')).headers['cache-control']).toBe('no-cache');
    const names = readdirSync(join(PROJECT, 'dist/console/assets')).filter((name) => /\.(js|css|svg)$/.test(name));
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) {
      const bytes = readFileSync(join(PROJECT, 'dist/console/assets', name)).toString('latin1');
      const plain = await get(`/assets/${name}`);
      const br = await get(`/assets/${name}`, { 'accept-encoding': 'gzip, deflate, br' });
      const gzip = await get(`/assets/${name}`, { 'accept-encoding': 'gzip' });
      expect([br, gzip, plain].map(({ headers }) => headers['content-encoding'])).toEqual(['br', 'gzip', undefined]);
      expect(plain.body).toBe(bytes);
      expect(brotliDecompressSync(Buffer.from(br.body, 'latin1')).toString('latin1')).toBe(bytes);
      expect(gunzipSync(Buffer.from(gzip.body, 'latin1')).toString('latin1')).toBe(bytes);
      for (const { headers } of [plain, br, gzip]) {
        expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
        expect(headers['content-type']).toBe(plain.headers['content-type']);
        expect(headers.vary).toMatch(/accept-encoding/i);
      }
    }
  });

  it('is the live document once a second: a reader who has it is told so, and others may have it compressed', async () => {
    const first = await get('/api/v1/live');
    const { etag } = first.headers as { etag: string };
    const same = await get('/api/v1/live', { 'if-none-match': etag });
    // Unless a second began in between.
    if (same.headers.etag === etag) expect([same.status, same.body]).toEqual([304, '']);
    const packed = await get('/api/v1/live', { 'accept-encoding': 'gzip' });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(Object.keys(JSON.parse(gunzipSync(Buffer.from(packed.body, 'latin1')).toString()) as object)).toEqual(
      Object.keys(JSON.parse(first.body) as object),
    );
    await new Promise((resolve) => setTimeout(resolve, 1200));
    const later = await get('/api/v1/live', { 'if-none-match': etag });
    expect(later.status).toBe(200);
    expect(later.headers.etag).not.toBe(etag);
  });
});

describe('an answer over TLS', () => {
  it('asks for HTTPS from then on, and its cookie goes over nothing else', async () => {
    const [cert, key] = [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')];
    const names = ['-subj', '/CN=sluice.example', '-addext', 'subjectAltName=DNS:sluice.example'];
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    expect(spawnSync('openssl', [...made, ...names, '-keyout', key, '-out', cert]).status).toBe(0);
    chmodSync(key, 0o600);
    addAccount(folder.path, 'anna', '--role', 'operator');
    const tls = ['--listen', ':0', '--tls-cert', cert, '--tls-key', key, '--host-name', 'sluice.example'];
    const daemon = await new RunningDaemon(['-', '--state', folder.path, ...tls]).started();
    const { port } = new URL(daemon.url);
    const send = (path: string, body?: object): Promise<Pick<Reply, 'status' | 'headers'>> =>
      new Promise((resolve, reject) => {
        const sent = request(
          `https://127.0.0.1:${port}${path}`,
          {
            method: body === undefined ? 'GET' : 'POST',
            ca: readFileSync(cert),
            servername: 'sluice.example',
            headers: { host: `sluice.example:${port}`, 'content-type': 'application/json' },
          },
          (response) => {
            response.resume().on('end', () => {
              resolve({ status: response.statusCode!, headers: response.headers });
            });
          },
        );
        sent.on('error', reject);
        sent.end(body === undefined ? undefined : JSON.stringify(body));
      });
    expect((await send('/')).headers['strict-transport-security']).toBe('max-age=31536000');
    expect((await send('/api/v1/live')).status).toBe(401);
    // No token was set: no one on another machine reads metrics.
    expect((await send('/metrics')).status).toBe(403);
    expect((await send('/healthz')).status).toBe(200);
    const { status, headers } = await send('/api/v1/sign-in', { name: 'anna', password: PASSWORD });
    expect(status).toBe(200);
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(/^__Host-sluice-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/),
    ]);
    await daemon.kill();
  });
});

describe('a daemon for other machines with a token alone', () => {
  it('serves metrics to those who have it, and no page', async () => {
    const token = 'a-token-of-some-length';
    writeFileSync(join(folder.path, 'token'), token);
    const flags = ['--listen', '0.0.0.0:0', '--proxy', '127.0.0.1', '--token-file', join(folder.path, 'token')];
    const daemon = await new RunningDaemon(['-', ...flags]).started();
    const headers = { authorization: `Bearer ${token}` };
    expect((await ask(`${daemon.url}/metrics`, { headers })).status).toBe(200);
    for (const path of ['/', '/sign-in', '/assets/x.js', '/api/v1/live', '/api/v1/chart?measure=decisions']) {
      const { status, body } = await ask(daemon.url + path, { headers });
      expect(status, path).toBe(403);
      expect(body).toContain('sluice account add NAME');
    }
    await daemon.kill();
  });
});

/** Where the daemon listens, for which peers, and under which names. */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { get as getPlain, type RequestOptions } from 'node:http';
import { get as getTls } from 'node:https';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RunningDaemon, temporaryFolder } from '../kit/running-daemon.ts';

const folder = temporaryFolder();
const token = 'a-token-of-some-length';
const tokenFile = join(folder.path, 'token');
writeFileSync(tokenFile, token);
afterAll(() => {
  folder.remove();
});

function run(...more: string[]): RunningDaemon {
  return new RunningDaemon(['-', '--state', 'none', ...more]);
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function request(url: string, options: RequestOptions & { readonly ca?: Buffer } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const get = url.startsWith('https') ? getTls : getPlain;
    const sent = get(url, options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => {
        resolve({ status: response.statusCode!, body });
      });
    });
    sent.on('error', reject);
  });
}

function port(daemon: RunningDaemon): number {
  return (daemon.logged('listening')[0] as { port: number }).port;
}

describe('listening beyond this machine', () => {
  it.each<[string, string[], string]>([
    ['with nothing', [], 'without TLS'],
    ['with a token alone', ['--token-file', tokenFile], 'without TLS'],
    ['behind a proxy without a token', ['--proxy', '192.0.2.1'], 'without an account'],
  ])('%s is refused', async (_what, flags, reason) => {
    for (const address of [':0', '0.0.0.0:0', '192.0.2.9:0', '[::]:0', 'router.example:0']) {
      const daemon = run('--listen', address, ...flags);
      expect((await daemon.ended).code).toBe(2);
      expect(daemon.log).toContain(`other machines are not served ${reason}`);
    }
  });

  it('is refused with half of what TLS needs, and with a key that others may read', async () => {
    const [cert, key] = certificate();
    const half = run('--listen', ':0', '--token-file', tokenFile, '--tls-cert', cert);
    expect((await half.ended).code).toBe(2);
    chmodSync(key, 0o644);
    const open = run('--listen', ':0', '--token-file', tokenFile, '--tls-cert', cert, '--tls-key', key);
    expect((await open.ended).code).toBe(2);
    expect(open.log).toContain(`others may read ${key}: chmod 600`);
    writeFileSync(join(folder.path, 'garbage.pem'), 'garbage', { mode: 0o600 });
    const garbage = run(
      '--listen',
      ':0',
      '--token-file',
      tokenFile,
      '--tls-cert',
      cert,
      '--tls-key',
      join(folder.path, 'garbage.pem'),
    );
    expect((await garbage.ended).code).toBe(2);
    expect(garbage.log).toContain('TLS cannot be used');
  });

  it('with TLS gives those who have the token everything, and others health alone', async () => {
    const [cert, key] = certificate();
    const flags = ['--tls-cert', cert, '--tls-key', key, '--host-name', 'metrics.example'];
    const daemon = await run('--listen', '0.0.0.0:0', '--token-file', tokenFile, ...flags).started();
    const ca = readFileSync(cert);
    const at = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
      request(`https://127.0.0.1:${port(daemon)}${path}`, {
        ca,
        servername: 'metrics.example',
        headers: { host: 'metrics.example', ...headers },
      } as RequestOptions);
    const authorization = `Bearer ${token}`;
    expect((await at('/healthz')).status).toBe(200);
    for (const path of ['/metrics', '/readyz']) {
      expect((await at(path)).status).toBe(403);
      expect((await at(path, { authorization: 'Bearer wrong' })).status).toBe(403);
      expect((await at(path, { authorization })).status).toBe(200);
    }
    expect((await at('/healthz', { host: 'rebound.example' })).status).toBe(421);
    await expect(request(`http://127.0.0.1:${port(daemon)}/healthz`)).rejects.toThrow();
    await daemon.kill();
  });

  it('behind a proxy serves that proxy alone', async () => {
    const [own] = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    const daemon = await run('--listen', '0.0.0.0:0', '--token-file', tokenFile, '--proxy', '127.0.0.1').started();
    const headers = { authorization: `Bearer ${token}` };
    expect((await request(`http://127.0.0.1:${port(daemon)}/metrics`, { headers })).status).toBe(200);
    if (own !== undefined) {
      const answer = await request(`http://${own.address}:${port(daemon)}/healthz`, {
        headers,
        localAddress: own.address,
      });
      expect(answer).toEqual({ status: 403, body: 'only the proxy is served\n' });
    }
    await daemon.kill();
  });
});

describe('the header Host', () => {
  it('must name this server: a page whose name was pointed here learns and does nothing', async () => {
    const daemon = await run('--host-name', 'sluice.example', '--token-file', tokenFile).started();
    const url = `http://127.0.0.1:${port(daemon)}`;
    for (const path of ['/metrics', '/healthz', '/readyz', '/nothing']) {
      const answer = await request(url + path, { headers: { host: 'rebound.example' } });
      expect(answer.status).toBe(421);
      expect(answer.body).not.toContain('sluice_');
    }
    const post = await request(`${url}/-/reload`, {
      method: 'POST',
      headers: { host: 'rebound.example', authorization: `Bearer ${token}` },
    });
    expect(post.status).toBe(421);
    for (const host of ['127.0.0.1', 'localhost:1', 'SLUICE.example:9464'])
      expect((await request(`${url}/metrics`, { headers: { host } })).status).toBe(200);
    expect(await daemon.metric('sluice_reloads_total')).toBe(0);
    await daemon.kill();
  });
});

let made: [string, string] | null = null;

/** A certificate for metrics.example, and its key with mode 0600. */
function certificate(): [string, string] {
  const [cert, key] = (made ??= [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')]);
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=metrics.example', '-addext', 'subjectAltName=DNS:metrics.example'];
  const { status, stderr } = spawnSync('openssl', [...args, ...names, '-keyout', key, '-out', cert], {
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  chmodSync(key, 0o600);
  return [cert, key];
}

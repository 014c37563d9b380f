/** Requests that are meant to harm, over sockets to a running daemon: each is answered in words, in bounded time and memory. */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MOST_IN_WINDOW } from '../../src/web/http/request-rate.ts';
import { addAccount, ask, signedIn, type SignedIn } from '../kit/console-accounts.ts';
import { expectCoded } from '../kit/coded-refusal.ts';
import { RunningDaemon, temporaryFolder } from '../kit/running-daemon.ts';

const state = temporaryFolder();
let daemon: RunningDaemon;
let session: SignedIn;

beforeAll(async () => {
  addAccount(state.path, 'anna', '--role', 'operator');
  daemon = await new RunningDaemon(['-', '--state', state.path]).started();
  session = await signedIn(daemon.url, 'anna');
});
afterAll(async () => {
  await daemon.kill();
  state.remove();
});

const address = (): { readonly host: string; readonly port: number } => {
  const { hostname, port } = new URL(daemon.url);
  return { host: hostname, port: Number(port) };
};

/** What the daemon answers to these bytes, until it ends the connection. */
function raw(bytes: string, timeoutMs = 5000): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(address());
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve(answer);
    });
    socket.write(bytes, 'latin1');
    setTimeout(() => socket.destroy(), timeoutMs).unref();
  });
}

const get = (path: string, ...headers: string[]): string =>
  [`GET ${path} HTTP/1.1`, `Host: ${new URL(daemon.url).host}`, 'Connection: close', ...headers, '', ''].join('\r\n');

const statusIn = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

/** Resident memory of the daemon in MB. */
const residentMb = (): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${daemon.child.pid!}/status`, 'utf8'))![1]) / 1024;

describe('a hostile request', () => {
  it.each<[string, () => string, number]>([
    ['without a Host', () => 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['that is no HTTP', () => '\u0016\u0003\u0001 hello\r\n\r\n', 400],
    ['with a header of 100 kB', () => get('/', `X-Large: ${'a'.repeat(100_000)}`), 431],
    ['with 5,000 headers', () => get('/', ...Array.from({ length: 5000 }, (_, at) => `x-${at}: 1`)), 431],
    ['with an address of 100 kB', () => get(`/${'a'.repeat(100_000)}`), 431],
    ['with two lengths', () => get('/', 'Content-Length: 1', 'Content-Length: 2'), 400],
    ['with a length and chunks', () => get('/', 'Content-Length: 5', 'Transfer-Encoding: chunked'), 400],
    ['with a name of another site', () => get('/healthz').replace(/Host: .*/, 'Host: rebound.example'), 421],
    ['with a name of another site, for the API', () => get('/api/v1/live').replace(/Host: .*/, 'Host: a.example'), 421],
    ['with a whole URL of another site', () => get('http://evil.example/api/v1/session'), 400],
    ['out of the folder of assets', () => get('/assets/../../../../etc/passwd'), 403],
    ['out of it, encoded', () => get('/assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd'), 403],
    ['out of it, with encoded slashes', () => get('/assets/..%2f..%2f..%2fetc%2fpasswd'), 403],
    ['out of it, encoded twice', () => get('/assets/%252e%252e%252f%252e%252e%252fetc/passwd'), 404],
    ['out of it, with backslashes', () => get('/assets/..\\..\\etc\\passwd'), 403],
    ['for a file whose name ends in a zero', () => get('/assets/index.html%00.js'), 400],
    ['for the folder of assets', () => get('/assets/'), 403],
    ['with a broken escape', () => get('/assets/%zz'), 400],
    ['for a page with an encoded slash', () => get('/decisions%2f..%2fapi'), 404],
    ['for the API by another spelling', () => get('/API/v1/live'), 404],
    ['for the API by two slashes', () => get('//api/v1/live'), 404],
    ['for the API by an encoded slash', () => get('/api%2fv1/live'), 404],
    ['by a method that is none', () => get('/').replace('GET', 'BREW'), 400],
    ['by a method of WebDAV', () => get('/api/v1/live').replace('GET', 'PROPFIND'), 404],
    ['to be forwarded', () => get('evil.example:443').replace('GET', 'CONNECT'), 0],
  ])('%s is refused', async (_what, bytes, status) => {
    const answer = await raw(bytes());
    if (status === 0) expect(answer).toBe('');
    else expect(statusIn(answer), answer.slice(0, 400)).toBe(status);
    expect(answer).not.toContain('root:');
    // In words, and never a page of the framework's own.
    if (status !== 0) expect(answer.split('\r\n\r\n')[1]).toMatch(/^[{'\w]/);
    expect(answer).not.toMatch(/FST_ERR|fastify|\bat .*\.js:\d/i);
    expect(await daemon.get('/healthz')).toBe('alive\n');
  });

  const post = (body: string, headers: Record<string, string> = {}): ReturnType<typeof ask> =>
    ask(`${daemon.url}/api/v1/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });

  it.each<[string, string, Record<string, string>, number]>([
    ['JSON that is cut off', '{"name":"anna","pass', {}, 400],
    ['nothing', '', {}, 400],
    ['a list', '[]', {}, 400],
    ['null', 'null', {}, 400],
    ['a key too many', '{"name":"anna","password":"x","role":"operator"}', {}, 400],
    ['another prototype', '{"name":"anna","password":"x","__proto__":{"role":"operator"}}', {}, 400],
    ['another constructor', '{"name":"a","password":"x","constructor":{"prototype":{"isAdmin":true}}}', {}, 400],
    ['a number for the password', '{"name":"anna","password":1}', {}, 400],
    ['an object for the name', '{"name":{"$ne":null},"password":"x"}', {}, 400],
    ['10,000 nested lists', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, {}, 400],
    ['1 MB', JSON.stringify({ name: 'a'.repeat(1_000_000), password: 'x' }), {}, 413],
    ['a form', 'name=anna&password=x', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['text', '{"name":"anna","password":"x"}', { 'content-type': 'text/plain' }, 415],
    ['no type', '{"name":"anna","password":"x"}', { 'content-type': '' }, 415],
  ])('with %s as its body is refused in JSON', async (_what, body, headers, status) => {
    const reply = await post(body, headers);
    expect(reply.status, reply.body).toBe(status);
    expect(reply.headers['content-type']).toContain('application/json');
    expectCoded(reply.body);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  it('with keys twice, brackets or prototypes in its query is refused or read as text', async () => {
    const headers = { cookie: session.cookie };
    const queries = ['measure=decisions&measure=flows', 'measure[]=decisions', '__proto__[x]=1&measure=decisions'];
    for (const query of [...queries, 'constructor=1', '%', '%ff=%ff', '&'.repeat(10_000), 'a=1&'.repeat(3000)]) {
      const reply = await ask(`${daemon.url}/api/v1/chart?${query}`, { headers });
      expect(reply.status, `${query.slice(0, 60)}: ${reply.body}`).toBe(400);
      expectCoded(reply.body);
    }
  });

  it('with a body where there is none to read is answered as without', async () => {
    for (const path of ['/healthz', '/metrics', '/', '/api/v1/session']) {
      const { host } = new URL(daemon.url);
      const answer = await raw(
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`,
      );
      expect(statusIn(answer), path).toBe(200);
    }
  });

  it('cannot put a header or a line into an answer or the log', async () => {
    const lines = daemon.log.split('\n').length;
    for (const path of ['/x%0d%0aset-cookie:%20a=b', '/sign-in?to=%0d%0aset-cookie:a=b', '/%0aforged'])
      expect(await raw(get(path))).not.toMatch(/^set-cookie/im);
    await raw(get('/healthz').replace(/Host: .*/, 'Host: a.example\u0000\u001b[31m'));
    await raw(get('/forged%0a{"level":"info"}').replace(/Host: .*/, 'Host: b.example'));
    for (const line of daemon.log.split('\n').slice(lines - 1))
      if (line !== '') expect(() => JSON.parse(line) as unknown, line).not.toThrow();
  });
});

describe('many or slow clients', () => {
  it(
    'end after ten seconds, whatever they have not sent yet, and others are served meanwhile',
    { timeout: 30_000 },
    async () => {
      const { host } = new URL(daemon.url);
      const before = residentMb();
      const starts = [
        '',
        'GET / HT',
        `GET / HTTP/1.1\r\nHost: ${host}\r\n`,
        `POST /api/v1/sign-in HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{"name":`,
        `POST /api/v1/sign-in HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`,
      ];
      const since = Date.now();
      const answers = Promise.all(Array.from({ length: 200 }, (_, at) => dripped(starts[at % starts.length]!)));
      for (let turn = 0; turn < 20; turn++) {
        const asked = performance.now();
        expect(await daemon.get('/healthz')).toBe('alive\n');
        expect(performance.now() - asked).toBeLessThan(1000);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const ended = await answers;
      expect(Date.now() - since).toBeLessThan(16_000);
      expect(ended.every(({ isOurs }) => !isOurs)).toBe(true);
      expect(ended.filter(({ answer }) => statusIn(answer) === 408).length).toBeGreaterThan(100);
      expect(residentMb() - before).toBeLessThan(60);
      expect(await daemon.metric('sluice_http_requests_total', 'status="408"')).toBeGreaterThan(100);
    },
  );

  it('of one machine get no more than a share of the connections', async () => {
    const sockets = await Promise.all(Array.from({ length: 700 }, opened));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const left = sockets.filter((socket) => !socket.destroyed && socket.readyState === 'open');
    expect(left.length).toBeLessThanOrEqual(400);
    expect(left.length).toBeGreaterThan(300);
    for (const socket of left) socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await daemon.get('/healthz')).toBe('alive\n');
  });

  it('that ask too often have to wait, and no others do', async () => {
    const { host } = new URL(daemon.url);
    const one = `GET /api/v1/session HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    // More than 1,000 at once of one address would not be read.
    let answers = '';
    for (let left = MOST_IN_WINDOW + 50; left > 0; left -= 610)
      answers += await raw(one.repeat(Math.min(left, 610)) + get('/healthz'), 20_000);
    const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses.filter((status) => status === '429').length).toBeGreaterThanOrEqual(50);
    expect(answers).toMatch(/retry-after: \d+/i);
    expect(answers).toContain('{"problem":"too many requests from this address: try again in');
    // Machines that ask for metrics and health are not counted, nor are other addresses.
    expect(statuses.at(-1)).toBe('200');
    expect((await ask(`${daemon.url}/api/v1/session`, { from: '127.0.0.7' })).status).toBe(200);
  });

  it('that ask for what takes much work have to wait sooner', async () => {
    const from = '127.0.0.9';
    const statuses: number[] = [];
    for (let turn = 0; turn < 101; turn++)
      statuses.push(
        (await ask(`${daemon.url}/api/v1/registry/overlaps.csv`, { headers: { cookie: session.cookie }, from })).status,
      );
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    expect(statuses.at(-1)).toBe(429);
    expect((await ask(`${daemon.url}/api/v1/session`, { from })).status).toBe(200);
  });

  it('that come by a proxy which is not named are told how to name it', async () => {
    for (const path of ['/', '/api/v1/session', '/metrics']) {
      const { status, body } = await ask(daemon.url + path, { headers: { 'x-forwarded-for': '192.0.2.7' } });
      expect([status, body]).toEqual([403, expect.stringContaining('--proxy ADDRESS')]);
    }
  });

  it('that are refused a thousand times leave few lines in the log, and their count', async () => {
    const { host } = new URL(daemon.url);
    const before = daemon.log.length;
    const one = `GET /api/v1/live HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    await raw(one.repeat(1000) + get('/healthz'));
    expect(daemon.log.length - before).toBeLessThan(10_000);
    expect(await daemon.metric('sluice_http_requests_total', 'status="401"')).toBeGreaterThanOrEqual(1000);
  });
});

/** Opens a connection; resolves when it is open, or refused. */
function opened(): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(address());
    socket.on('error', () => undefined);
    socket.once('connect', () => {
      resolve(socket);
    });
    socket.once('close', () => {
      resolve(socket);
    });
    socket.resume();
  });
}

/** Sends a start, then a byte a second; what came back, and whether this end gave up. */
function dripped(start: string): Promise<{ readonly answer: string; readonly isOurs: boolean }> {
  return new Promise((resolve) => {
    const socket = connect(address());
    let answer = '';
    let isOurs = false;
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
    socket.on('error', () => undefined);
    socket.write(start);
    const drip = setInterval(() => {
      if (socket.writable && start !== '') socket.write('x');
    }, 1000);
    const limit = setTimeout(() => {
      isOurs = true;
      socket.destroy();
    }, 20_000);
    socket.on('close', () => {
      clearInterval(drip);
      clearTimeout(limit);
      resolve({ answer, isOurs });
    });
  });
}

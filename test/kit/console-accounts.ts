/** A daemon with accounts, made by the command as an operator would, and requests of those who sign in. */
import { spawnSync } from 'node:child_process';
import { request } from 'node:http';
import { MAIN } from './running-daemon.ts';

/** The password of every account of the tests. */
export const PASSWORD = 'four quiet harbours';

/** Adds an account to the state folder of a daemon. */
export function addAccount(state: string, name: string, ...flags: readonly string[]): void {
  runAccount(['add', name, '--password-file', '-', '--state', state, ...flags], PASSWORD);
}

/** Runs `sluice account`, which must succeed. */
export function runAccount(args: readonly string[], input = ''): string {
  const { status, stderr, stdout } = spawnSync(process.execPath, [MAIN, 'account', ...args], {
    input: `${input}\n`,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Sends one request on a connection of its own, from an address of this machine. */
export function ask(
  url: string,
  {
    method = 'GET',
    headers = {},
    body,
    from = '127.0.0.1',
  }: { method?: string; headers?: Record<string, string | string[]>; body?: string; from?: string } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = request(
      url,
      { method, headers: { ...length, ...headers }, agent: false, localAddress: from },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            body: Buffer.concat(parts).toString('latin1'),
          });
        });
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const JSON_HEADERS = { 'content-type': 'application/json' };

export function signIn(
  url: string,
  name: string,
  password = PASSWORD,
  headers: Record<string, string> = {},
  from = '127.0.0.1',
): Promise<Reply> {
  return ask(`${url}/api/v1/sign-in`, {
    from,
    method: 'POST',
    headers: { ...JSON_HEADERS, ...headers },
    body: JSON.stringify({ name, password }),
  });
}

/** A user that has signed in. */
export interface SignedIn {
  readonly cookie: string;
  readonly csrf: string;
}

/** `NAME=VALUE` of the cookie that an answer sets. */
export function cookieOf({ headers }: Reply): string {
  const [set] = headers['set-cookie'] as string[];
  return set!.split(';', 1)[0]!;
}

export async function signedIn(url: string, name: string): Promise<SignedIn> {
  const reply = await signIn(url, name);
  if (reply.status !== 200) throw new Error(`${name}: ${reply.status} ${reply.body}`);
  const cookie = cookieOf(reply);
  const session = await ask(`${url}/api/v1/session`, { headers: { cookie } });
  return { cookie, csrf: (JSON.parse(session.body) as { csrf: string }).csrf };
}

/** A browser's session at a running daemon, for tests of what needs an account: the cookie, and the token of its requests. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Role } from '../../src/web/api/route.ts';
import { MAIN, type RunningDaemon } from './running-daemon.ts';

export const PASSWORD = 'correct horse battery staple 7';
const run = promisify(execFile);

/** Adds an account to the accounts of a state folder, as an administrator would. */
export async function addAccount(state: string, name: string, role: Role): Promise<void> {
  const file = join(state, `${name}.password`);
  writeFileSync(file, `${PASSWORD}\n`, { mode: 0o600 });
  await run(process.execPath, [
    MAIN,
    'account',
    'add',
    name,
    '--role',
    role,
    '--state',
    state,
    '--password-file',
    file,
  ]);
}

export class SignedIn {
  private readonly url: string;
  private cookie = '';
  private csrf = '';

  private constructor(url: string) {
    this.url = url;
  }

  static async as(daemon: RunningDaemon, name: string): Promise<SignedIn> {
    const session = new SignedIn(daemon.url);
    const answer = await session.post('/sign-in', { name, password: PASSWORD });
    if (!answer.ok) throw new Error(`${name} cannot sign in: ${answer.status} ${await answer.text()}`);
    session.cookie = answer.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';', 1)[0]!)
      .join('; ');
    ({ csrf: session.csrf } = await session.get<{ csrf: string }>('/session'));
    return session;
  }

  /** The JSON of an answer; throws for a refusal. */
  async get<T>(path: string): Promise<T> {
    const answer = await this.fetch(path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  fetch(path: string): Promise<Response> {
    return fetch(`${this.url}/api/v1${path}`, { headers: { cookie: this.cookie } });
  }

  post(path: string, body?: unknown): Promise<Response> {
    const headers = {
      cookie: this.cookie,
      origin: this.url,
      'content-type': 'application/json',
      'x-csrf-token': this.csrf,
    };
    return fetch(`${this.url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body ?? {}) });
  }
}

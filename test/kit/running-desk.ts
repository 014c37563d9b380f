/** `sluice desk` as a process, started as a user would start it, with a small client that keeps its session. */
import { type ChildProcess, spawn } from 'node:child_process';
import { MAIN, until } from './running-daemon.ts';

const alive = new Set<ChildProcess>();
// A failed test leaves its desk running.
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

export class RunningDesk {
  readonly child: ChildProcess;
  output = '';
  errors = '';

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [MAIN, 'desk', '--listen', '127.0.0.1:0', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    alive.add(this.child);
    this.child.once('exit', () => alive.delete(this.child));
  }

  async ready(): Promise<this> {
    const isUp = (): boolean => this.output.includes('The desk is at') || this.child.exitCode !== null;
    await until('the desk is served', isUp, 60_000);
    if (this.child.exitCode !== null) throw new Error(`the desk ended: ${this.errors}`);
    return this;
  }

  get origin(): string {
    return /http:\/\/[\d.]+:\d+/.exec(this.output)![0];
  }

  /** The password of a demonstration's accounts. */
  get password(): string {
    return /^Password: (\S+)$/m.exec(this.output)![1]!;
  }

  stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    return new Promise((resolve) => {
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        resolve();
        return;
      }
      this.child.once('exit', () => {
        resolve();
      });
      this.child.kill(signal);
    });
  }
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly location: string;
  readonly headers: Headers;
}

/** A browser without script: a cookie, and forms that it sends with the hidden fields of their page. */
export class DeskClient {
  cookie = '';
  private readonly origin: string;

  constructor(origin: string) {
    this.origin = origin;
  }

  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.answer(
      await fetch(this.origin + path, { redirect: 'manual', headers: { cookie: this.cookie, ...headers } }),
    );
  }

  async post(
    path: string,
    fields: Readonly<Record<string, string>> | FormData,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const body = fields instanceof FormData ? fields : new URLSearchParams(fields);
    const all = { cookie: this.cookie, origin: this.origin, ...headers };
    return this.answer(await fetch(this.origin + path, { method: 'POST', redirect: 'manual', body, headers: all }));
  }

  async signIn(name: string, password: string): Promise<Answer> {
    return this.post('/sign-in', { name, password });
  }

  private async answer(response: Response): Promise<Answer> {
    const set = response.headers.get('set-cookie');
    if (set !== null) this.cookie = set.split(';')[0]!;
    const { status, headers } = response;
    return { status, text: await response.text(), location: headers.get('location') ?? '', headers };
  }
}

/** The hidden fields of the form of a page that is sent to a path. */
export function hiddenFields(page: string, action: string): Record<string, string> {
  const form = page.split('<form').find((part) => part.includes(`action="${action}"`)) ?? '';
  const fields = form.split('</form>')[0]!.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g);
  return Object.fromEntries([...fields].map(([, name, value]) => [name!, value!]));
}

/** An application that the form of a demonstration takes; the fields given replace its own. */
export function applicationForm(key: string, fields: Readonly<Record<string, string>> = {}): FormData {
  const form = new FormData();
  const values: Readonly<Record<string, string>> = {
    key,
    organisation: 'Linden Example Works',
    sector: 'enterprise',
    contact: 'Contact Person',
    mail: 'it@linden.example',
    phone: '',
    isp: 'north-net',
    subscriber: 'N-77',
    own: '198.51.100.128/30',
    far: '',
    purpose: 'Two offices',
    validFrom: '2026-11-01',
    validUntil: '2027-11-01',
    ...fields,
  };
  for (const [name, value] of Object.entries(values)) form.append(name, value);
  const pdf = new Blob(['%PDF-1.4 an example'], { type: 'application/pdf' });
  form.append('evidence', pdf, 'certificate.pdf');
  return form;
}

/**
 * People at a desk that may be killed at any moment: applicants apply, a provider confirms, a reviewer approves. Each form
 * is sent again with its key until it is acknowledged. What was acknowledged is noted; nothing of the desk is asked for it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import { type Answer, applicationForm, DeskClient, hiddenFields, type RunningDesk } from '../kit/running-desk.ts';
import type { SeededRandom } from '../kit/random.mjs';

export interface Case {
  readonly key: string;
  readonly evidence: string;
  readonly organisation: string;
  readonly sector: string;
  readonly own: { readonly text: string; readonly prefixes: readonly string[] };
  readonly far: readonly string[];
  readonly protocols: readonly string[];
  readonly scope: '' | 'source' | 'pair';
  readonly validFrom: string;
  readonly validUntil: string;
  /** What the applicant was given. */
  link: string;
  reference: string;
  /** When the approval was first sent, and when it was acknowledged, ms since 1970; 0 before. */
  sentMs: number;
  acknowledgedMs: number;
}

/** Accounts of the desk under load. */
export const PROVIDER = 'north-desk';
export const REVIEWERS = ['anna', 'boris'] as const;
export const ISP = 'north';

const RETRY_MS = 50;
const SECTORS = ['it', 'bank', 'enterprise', 'university'] as const;

function newKey(): string {
  return randomBytes(16).toString('base64url');
}

/** A case whose addresses no other number has. */
export function caseOf(number: number, random: SeededRandom): Case {
  const group = (number + 1).toString(16);
  const forms = [
    { text: `2001:db8:${group}::/64`, prefixes: [`2001:db8:${group}::/64`] },
    { text: `2001:db8:${group}::7`, prefixes: [`2001:db8:${group}::7/128`] },
    {
      text: `2001:db8:${group}::8-2001:db8:${group}::a`,
      prefixes: [`2001:db8:${group}::8/127`, `2001:db8:${group}::a/128`],
    },
    {
      text: `2001:db8:${group}:1::/64\n2001:db8:${group}:3::5`,
      prefixes: [`2001:db8:${group}:1::/64`, `2001:db8:${group}:3::5/128`],
    },
  ];
  const far = random.chance(0.5) ? ['203.0.113.9/32'] : [];
  return {
    key: newKey(),
    evidence: `%PDF-1.4 certificate ${number} ${newKey()}`,
    organisation: random.pick([`Example ${number}`, `Example "${number}", Works`, `Пример № ${number} — Ωmega`]),
    sector: random.pick(SECTORS),
    own: random.pick(forms),
    far,
    protocols: random.pick([[], ['wireguard'], ['openvpn', 'ipsec']]),
    scope: random.pick(far.length > 0 ? (['', 'source', 'pair'] as const) : (['', 'source'] as const)),
    validFrom: '2026-11-01',
    validUntil: random.pick(['2036-06-30', '2034-12-31']),
    link: '',
    reference: '',
    sentMs: 0,
    acknowledgedMs: 0,
  };
}

export class DeskLoad {
  readonly cases: Case[] = [];
  /** Forms that got no answer, were answered with a failure, or had to wait. */
  unanswered = 0;
  failed = 0;
  paced = 0;
  private desk: RunningDesk | null = null;
  private readonly password: string;
  private readonly sessions = new Map<
    string,
    { readonly desk: RunningDesk; readonly client: Promise<DeskClient | null> }
  >();

  constructor(password: string) {
    this.password = password;
  }

  /** The desk that is up now; null while there is none. */
  set running(desk: RunningDesk | null) {
    this.desk = desk;
  }

  /** Another reviewer releases more than 50 changes to the one who approves. */
  async releaseChanges(count: number): Promise<void> {
    const key = newKey();
    const [account, by] = REVIEWERS;
    await this.acknowledged(by, async (client) => {
      const { csrf = '' } = hiddenFields((await client.get('/limits')).text, '/limits');
      return client.post('/limits', { csrf, key, account, count: String(count) });
    });
  }

  /** One case from its form to its approval. */
  async goThrough(one: Case): Promise<void> {
    this.cases.push(one);
    one.link = (await this.acknowledged(null, (client) => client.post('/apply/company', formOf(one)))).location;
    one.reference = await this.read(null, one.link, /<h1[^>]*>\s*(OW-\d{4}-\d+)/);
    const [reviewer] = REVIEWERS;
    const path = await this.read(reviewer, `/search?for=${one.reference}`, /href="(\/case\/\d+)"/);
    await this.decide(PROVIDER, path, 'confirm', {});
    one.sentMs = Date.now();
    await this.decide(reviewer, path, 'approve', {
      validFrom: one.validFrom,
      date: one.validUntil,
      scope: one.scope,
      notPublic: 'yes',
    });
    one.acknowledgedMs = Date.now();
  }

  private async decide(account: string, path: string, action: string, fields: Record<string, string>): Promise<void> {
    const key = newKey();
    await this.acknowledged(account, async (client) => {
      // The token is of the session: a form of before a kill has an old one. The key stays.
      const { csrf = '' } = hiddenFields((await client.get(path)).text, '/sign-out');
      return client.post(`${path}/${action}`, { csrf, key, ...fields });
    });
  }

  private async read(account: string | null, path: string, pattern: RegExp): Promise<string> {
    let found = '';
    await this.repeated(account, async (client) => {
      const answer = await client.get(path);
      found = pattern.exec(answer.text)?.[1] ?? '';
      if (answer.status === 200 && found === '') throw new Error(`${path} has no ${String(pattern)}`);
      return answer.status === 200 ? answer : null;
    });
    return found;
  }

  /** Sends a form until it is acknowledged. Throws for an answer that is neither that nor a failure of the desk. */
  private acknowledged(account: string | null, send: (client: DeskClient) => Promise<Answer>): Promise<Answer> {
    return this.repeated(account, async (client) => {
      const answer = await send(client);
      // A session that has ended with its desk leads to the page for signing in.
      if (answer.status === 303 && answer.location !== '/sign-in') return answer;
      if (answer.status >= 500) this.failed++;
      else if (answer.status === 429) this.paced++;
      else if (answer.status !== 303 && answer.status !== 401 && !isOfAnotherSession(answer))
        throw new Error(`${answer.status}: ${/class="note bad">([^<]*)/.exec(answer.text)?.[1] ?? answer.text}`);
      return null;
    });
  }

  private async repeated(
    account: string | null,
    attempt: (client: DeskClient) => Promise<Answer | null>,
  ): Promise<Answer> {
    for (;;) {
      const { desk } = this;
      if (desk !== null)
        try {
          const client = account === null ? new DeskClient(desk.origin) : await this.signedIn(account, desk);
          const answer = client === null ? null : await attempt(client);
          if (answer !== null) return answer;
        } catch (error) {
          // What undici throws where a connection is refused, or ends before the answer.
          if (!(error instanceof TypeError && /fetch failed|terminated/.test(error.message))) throw error;
          this.unanswered++;
        }
      await sleep(RETRY_MS);
    }
  }

  /** Null where signing in is not possible at this moment. All who act for an account share its session. */
  private signedIn(account: string, desk: RunningDesk): Promise<DeskClient | null> {
    const known = this.sessions.get(account);
    if (known?.desk === desk) return known.client;
    const client = this.signIn(account, desk);
    this.sessions.set(account, { desk, client });
    const forget = (): void => {
      if (this.sessions.get(account)?.client === client) this.sessions.delete(account);
    };
    client.then((one) => {
      if (one === null) forget();
    }, forget);
    return client;
  }

  private async signIn(account: string, desk: RunningDesk): Promise<DeskClient | null> {
    const client = new DeskClient(desk.origin);
    const { status } = await client.signIn(account, this.password);
    return status === 303 ? client : null;
  }
}

function isOfAnotherSession({ status, text }: Answer): boolean {
  return status === 403 && text.includes('not of this session');
}

function formOf(one: Case): FormData {
  const form = applicationForm(one.key, {
    organisation: one.organisation,
    sector: one.sector,
    isp: ISP,
    own: one.own.text,
    far: one.far.join('\n'),
    validFrom: one.validFrom,
    validUntil: one.validUntil,
  });
  for (const protocol of one.protocols) form.append('protocols', protocol);
  form.set('evidence', new Blob([one.evidence], { type: 'application/pdf' }), 'certificate.pdf');
  return form;
}

/** The rows that the registry must have for an approved case, sorted, as its columns in their order. */
export function rowsOfCase(one: Case): string[][] {
  const prefixes = one.scope === 'pair' ? [...one.own.prefixes, ...one.far] : one.own.prefixes;
  return prefixes.map((prefix) => [
    prefix,
    one.organisation,
    one.sector,
    one.protocols.join(';'),
    one.validFrom,
    one.validUntil,
    one.reference,
    one.scope,
  ]);
}

/** A CSV file as its rows, by a reader that is no part of Sluice: quotes, and nothing else. */
export function plainCsv(text: string): string[][] {
  const lines: string[][] = [[]];
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
    lines.at(-1)!.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '\n') lines.push([]);
  }
  return lines.slice(0, -1);
}

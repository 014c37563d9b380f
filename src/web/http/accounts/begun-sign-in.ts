/**
 * What a browser has begun at a provider, sealed in its own cookie, so that no number of others can push it out. It is
 * opened by this daemon alone, for ten minutes, and only once. The key is not kept: a restart ends what was begun.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

export interface Begun {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  /** Where the session leads. */
  readonly to: string;
}

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const LONGEST_MS = 600_000;
/**
 * States that were used and would still be opened. The oldest go first, under a flood of answers; the provider refuses
 * their codes all the same, which it gave out for one use.
 */
const MOST_USED = 10_000;

export class BegunSignIns {
  private readonly key = randomBytes(KEY_BYTES);
  private readonly now: () => number;
  /** States, with the time until which they would be opened. */
  private readonly used = new Map<string, number>();

  /** `now`: milliseconds that only ascend. */
  constructor(now: () => number) {
    this.now = now;
  }

  /** A text for a cookie. */
  seal(begun: Begun): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.key, iv);
    const text = JSON.stringify({ ...begun, untilMs: this.now() + LONGEST_MS });
    return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url');
  }

  /** What was sealed; null for another text, too late, and from the second time on. */
  use(sealed: string): Begun | null {
    const opened = this.open(sealed);
    if (opened === null || this.now() > opened.untilMs || this.used.has(opened.state)) return null;
    for (const [state, untilMs] of this.used) {
      if (this.used.size < MOST_USED && untilMs >= this.now()) break;
      this.used.delete(state);
    }
    this.used.set(opened.state, opened.untilMs);
    return opened;
  }

  private open(sealed: string): (Begun & { readonly untilMs: number }) | null {
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes.length <= IV_BYTES + TAG_BYTES) return null;
    try {
      const decipher = createDecipheriv(CIPHER, this.key, bytes.subarray(0, IV_BYTES));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
      return JSON.parse(text.toString('utf8')) as Begun & { readonly untilMs: number };
    } catch {
      return null;
    }
  }
}

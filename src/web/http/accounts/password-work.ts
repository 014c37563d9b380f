/**
 * Hashing and verifying of passwords by argon2id, away from the thread that captures packets. Each takes about 20 MB
 * and some hundredths of a second of a processor: two run at once, few wait, and more are turned away.
 */
import { hash, type Options, verify } from '@node-rs/argon2';

/**
 * The library's default kind is argon2id. OWASP's Password Storage Cheat Sheet asks for 19 MiB, two passes, one lane.
 */
const ARGON2ID: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const MOST_AT_ONCE = 2;
const MOST_WAITING = 8;
const RESERVED = 8;

/** The spellings of one text are one password. */
function spelled(password: string): string {
  return password.normalize('NFC');
}

export function hashPassword(password: string): Promise<string> {
  return hash(spelled(password), ARGON2ID);
}

export class PasswordWork {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  /** A hash of nothing that anybody knows: an unknown name takes as long as a known one. */
  private decoy: Promise<string> | null = null;

  /** `isKnown`: the account has signed in from that address before. Strangers leave room for these. */
  isFull(isKnown: boolean): boolean {
    return this.running >= MOST_AT_ONCE && this.waiting.length >= MOST_WAITING + (isKnown ? RESERVED : 0);
  }

  /** `known`: the hash of the account; null for an unknown name, which no password fits. Null if too many wait. */
  async verify(known: string | null, password: string, isKnown = false): Promise<boolean | null> {
    if (this.isFull(isKnown)) return null;
    if (this.running >= MOST_AT_ONCE)
      await new Promise<void>((resolve) => (isKnown ? this.waiting.unshift(resolve) : this.waiting.push(resolve)));
    else this.running++;
    try {
      this.decoy ??= hashPassword(crypto.randomUUID());
      const isRight = await verify(known ?? (await this.decoy), spelled(password));
      return known !== null && isRight;
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running--;
      else next();
    }
  }
}

/** An account, and the file of them as JSON. */
import { randomBytes } from 'node:crypto';
import * as z from 'zod/mini';
import { ORIGIN_PATTERN } from '../../../output/event/origin-pattern.ts';
import { ROLE_NAMES } from '../../api/route.ts';

/** Small letters, so that two accounts never look alike; `@` for addresses of mail. */
export const NAME_PATTERN = /^[a-z0-9][a-z0-9._@-]{0,63}$/;
export const NAME_RULE = 'a name has 1 to 64 small letters, digits and . _ @ -, and begins with a letter or digit';
/** No other kind of hash, and none that takes more than 64 MiB or 9 passes. */
const UP_TO_64_MIB = String.raw`\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-6]`;
const HASH_PATTERN = new RegExp(
  String.raw`^\$argon2id\$v=19\$m=(?:${UP_TO_64_MIB}),t=[1-9],p=1\$[\w+/]{16,64}\$[\w+/]{32,128}$`,
);
const MOST_ACCOUNTS = 10_000;
const STAMP_BYTES = 16;

export const ispName = z.string().check(z.regex(new RegExp(ORIGIN_PATTERN)));

const account = z.strictObject({
  name: z.string().check(z.regex(NAME_PATTERN)),
  role: z.enum(ROLE_NAMES),
  /** Null for every operator of a network. */
  isps: z.nullable(z.array(ispName).check(z.minLength(1))),
  hash: z.string().check(z.regex(HASH_PATTERN)),
  /** Another one after each change: sessions from before it end. */
  stamp: z.string().check(z.regex(/^[0-9a-f]{32}$/)),
  /** ISO 8601. */
  changed: z.string(),
});
export type Account = z.infer<typeof account>;

export const accountFile = z.strictObject({
  /** The version of this layout. */
  schema: z.literal(1),
  accounts: z.array(account).check(z.maxLength(MOST_ACCOUNTS)),
});

/** The account with its change noted. */
export function changedNow(one: Omit<Account, 'stamp' | 'changed'>): Account {
  return { ...one, stamp: randomBytes(STAMP_BYTES).toString('hex'), changed: new Date().toISOString() };
}

/** What a page needs to begin: who has signed in, what this server offers, and the token of its requests. */
import * as z from 'zod/mini';
import { ROLE_NAMES } from './route.ts';

/** Why something is refused: in words, and by the code and the values of its words (refusals). */
const reason = z.strictObject({ problem: z.string(), code: z.nullable(z.string()), values: z.array(z.string()) });

export const sessionState = z.strictObject({
  /** Null before signing in, and where there are no accounts. */
  user: z.nullable(
    z.strictObject({
      name: z.string(),
      role: z.enum(ROLE_NAMES),
      /** Null for every operator of a network. */
      isps: z.nullable(z.array(z.string())),
    }),
  ),
  /** To be sent in the header `x-csrf-token` with each request that changes something; null without a session. */
  csrf: z.nullable(z.string()),
  /** Pages are for those who sign in. */
  accounts: z.boolean(),
  /** The name of the provider at which users sign in too; null for none. */
  oidc: z.nullable(z.string()),
  /** The user may act on the daemon; `why_not` says why it may not. */
  actions: z.boolean(),
  why_not: z.nullable(reason),
  /** Why nothing can be read with this session, or without one; null where it can. */
  refusal: z.nullable(reason),
});
export type SessionState = z.infer<typeof sessionState>;

/** At most as long as names and passwords may be, so that a request costs little. */
export const signInBody = z.strictObject({
  name: z.string().check(z.minLength(1), z.maxLength(64)),
  password: z.string().check(z.minLength(1), z.maxLength(1024)),
});
export type SignInBody = z.infer<typeof signInBody>;

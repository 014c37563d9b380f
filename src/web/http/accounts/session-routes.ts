/** The routes of a session: what it is, signing in with a password, and signing out. */
import { API, type ApiAnswer, type Caller, json, refusal, type Route, route } from '../../api/route.ts';
import { type SessionState, signInBody } from '../../api/session-schema.ts';
import type { ConsoleAccess } from './console-access.ts';
import type { PasswordSignIn } from './password-sign-in.ts';
import type { Refusal } from '../request-check.ts';
import { accessRefusal } from './route-access.ts';
import type { SessionCookie } from './session-cookie.ts';

export interface SessionParts {
  readonly access: ConsoleAccess;
  readonly passwords: PasswordSignIn;
  readonly cookie: SessionCookie;
  readonly isRemote: boolean;
}

export function sessionRoutes(parts: SessionParts): readonly Route[] {
  const { access, passwords, cookie } = parts;
  return [
    route({
      method: 'GET',
      path: `${API}/session`,
      access: 'open',
      answer: (_call, caller) => json(sessionState(parts, caller)),
    }),
    route({
      method: 'POST',
      path: `${API}/sign-in`,
      access: 'open',
      body: signInBody,
      answer: async ({ body }, caller): Promise<ApiAnswer> => {
        const outcome = await passwords.signIn(body, caller, cookie.idIn(caller));
        if ('id' in outcome) return { ...json({ signed_in: true }), headers: { 'set-cookie': cookie.set(outcome.id) } };
        const { status, waitSeconds } = outcome;
        const refused = refusal(status, outcome);
        if (waitSeconds === undefined) return refused;
        return { ...refused, headers: { 'retry-after': String(waitSeconds) } };
      },
    }),
    route({
      method: 'POST',
      path: `${API}/sign-out`,
      access: 'session',
      answer: (_call, caller) => {
        access.end(cookie.idIn(caller), caller.address);
        return { ...json({ signed_in: false }), headers: { 'set-cookie': cookie.remove() } };
      },
    }),
  ];
}

function sessionState({ access, cookie, isRemote }: SessionParts, caller: Caller): SessionState {
  const session = access.sessionOf(cookie.idIn(caller));
  const circumstances = access.circumstances(isRemote);
  const user = session?.user ?? null;
  const noAction = accessRefusal('act', user, circumstances);
  return {
    user: user === null ? null : { ...user, isps: user.isps === null ? null : [...user.isps] },
    csrf: session?.csrf ?? null,
    accounts: circumstances.hasAccounts,
    oidc: access.options.oidc?.name ?? null,
    actions: noAction === null,
    why_not: reasonFor(noAction),
    refusal: reasonFor(accessRefusal('read', user, circumstances)),
  };
}

function reasonFor(refused: Refusal | null): SessionState['refusal'] {
  if (refused === null) return null;
  const { problem, code = null, values = [] } = refused;
  return { problem, code, values: [...values] };
}

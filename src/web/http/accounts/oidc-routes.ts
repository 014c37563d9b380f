/** The routes by which a browser goes to the provider and comes back. Failures lead to the sign-in page. */
import * as z from 'zod/mini';
import { API, type ApiAnswer, type Caller, COSTLY, plainText, type Route, route } from '../../api/route.ts';
import type { RefusalLog } from '../refusal-log.ts';
import type { ConsoleAccess } from './console-access.ts';
import { NoAccess, OidcSignIn } from './oidc-sign-in.ts';
import type { SessionCookie } from './session-cookie.ts';

export interface OidcParts {
  readonly access: ConsoleAccess;
  readonly cookie: SessionCookie;
  readonly refusals: RefusalLog;
}

const BEGIN = `${API}/sign-in/oidc`;
const RETURN = `${BEGIN}/return`;
/** Longer ones would not fit into a cookie. */
const LONGEST_PATH = 2000;

/** None without a provider. */
export function oidcRoutes({ access, cookie, refusals }: OidcParts): readonly Route[] {
  const { oidc } = access.options;
  if (oidc === null) return [];
  const provider = new OidcSignIn(oidc);
  const failed = (error: unknown, { address }: Caller): ApiAnswer => {
    const isKnown = error instanceof NoAccess;
    access.count('refused');
    const { code, message } = error as { readonly code?: unknown; readonly message: string };
    const reason = typeof code === 'string' ? `${code}: ${message}` : message;
    refusals.add({ path: RETURN, from: address, refusal: `${oidc.name}: ${reason}` });
    return redirect(`/sign-in?problem=${isKnown ? 'unknown' : 'failed'}`, cookie.removeBegun());
  };
  return [
    route({
      method: 'GET',
      path: BEGIN,
      access: 'open',
      most: COSTLY,
      query: z.strictObject({ to: z.optional(z.string().check(z.maxLength(LONGEST_PATH))) }),
      answer: async ({ query }, caller) => {
        try {
          const { sealed, url } = await provider.begin(caller.origin + RETURN, localPath(query.to, caller.origin));
          return redirect(url.href, cookie.setBegun(sealed));
        } catch (error) {
          return failed(error, caller);
        }
      },
    }),
    route({
      method: 'GET',
      path: RETURN,
      access: 'open',
      // Each is a question to the provider.
      most: COSTLY,
      query: z.record(z.string(), z.string()),
      answer: async ({ query }, caller) => {
        try {
          const current = new URL(`${RETURN}?${new URLSearchParams(query).toString()}`, caller.origin);
          const { user, to } = await provider.finish(cookie.begunIn(caller), current);
          const id = access.begin(user, null, cookie.idIn(caller), caller.address);
          return redirect(to, cookie.removeBegun(), cookie.set(id));
        } catch (error) {
          return failed(error, caller);
        }
      },
    }),
  ];
}

function redirect(location: string, ...cookies: readonly string[]): ApiAnswer {
  return { ...plainText(303, 'see the address in the header Location'), headers: { location, 'set-cookie': cookies } };
}

/** A path of this server: a link from elsewhere cannot lead away through it. */
function localPath(to: string | undefined, origin: string): string {
  if (to === undefined || !URL.canParse(to, origin)) return '/';
  const { origin: given, pathname, search } = new URL(to, origin);
  const path = pathname + search;
  return given === origin && !path.startsWith('//') && path.length <= LONGEST_PATH ? path : '/';
}

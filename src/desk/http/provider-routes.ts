/** Staff sign in at a provider of OpenID Connect: to it, and back with a session of this desk. */
import type { OidcConfig } from '../../web/http/accounts/oidc-config.ts';
import { HOMES, type StaffRole } from '../model/role.ts';
import { html } from '../pages/html.ts';
import { page } from '../pages/layout.ts';
import { noteProviderReviewer } from '../store/account-store.ts';
import type { DeskParts } from './desk-parts.ts';
import { type DeskAnswer, type DeskCall, type DeskRoute } from './desk-route.ts';

export const PROVIDER_PATH = '/sign-in/provider';
const RETURN = `${PROVIDER_PATH}/return`;

/** None without a provider. */
export function providerRoutes(parts: DeskParts): readonly DeskRoute[] {
  const { oidc } = parts;
  if (oidc === null) return [];
  const client = lazily(() => clientOf(oidc));
  return [
    {
      method: 'GET',
      path: PROVIDER_PATH,
      allowed: 'public',
      answer: async ({ origin }) => {
        try {
          const { sealed, url } = await (await client()).begin(origin + RETURN, '/');
          return { kind: 'redirect', to: url.href, begun: sealed };
        } catch (error) {
          return failed(parts, error);
        }
      },
    },
    {
      method: 'GET',
      path: RETURN,
      allowed: 'public',
      answer: async (call) => {
        try {
          return await finish(parts, call, await client());
        } catch (error) {
          return failed(parts, error);
        }
      },
    },
  ];
}

type Client = Awaited<ReturnType<typeof clientOf>>;

/** The library is loaded by desks with a provider alone. */
async function clientOf(config: OidcConfig<StaffRole>) {
  const { OidcSignIn } = await import('../../web/http/accounts/oidc-sign-in.ts');
  return new OidcSignIn(config);
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}

async function finish({ access, database, gate }: DeskParts, call: DeskCall, client: Client): Promise<DeskAnswer> {
  const { query, origin, begun, session, address, frame } = call;
  const { user } = await client.finish(begun, new URL(`${RETURN}?${new URLSearchParams(query).toString()}`, origin));
  const isps = user.role === 'isp' ? (user.isps ?? []) : [];
  if (user.role === 'isp' && isps.length === 0)
    throw new WithoutProvider('no claim names the provider of this account');
  // Others may release changes to this reviewer, who has no account here.
  if (user.role === 'reviewer') {
    await gate.opened();
    noteProviderReviewer(database, user.name, call.nowMs);
  }
  const to = HOMES[user.role];
  return {
    kind: 'signed-in',
    page: page(frame, 'You are signed in', html`<p><a class="button" href="${to}">Go on</a></p>`),
    to,
    cookie: access.begin({ ...user, isps }, null, session, address),
  };
}

/** A user with the role of a provider, and without one. */
class WithoutProvider extends Error {}

function failed({ access, oidc }: DeskParts, error: unknown): DeskAnswer {
  const { name, message, code } = error as Error & { readonly code?: unknown };
  const isKnown = error instanceof WithoutProvider || name === 'NoAccess';
  access.refuse(`${oidc!.name}: ${typeof code === 'string' ? `${code}: ` : ''}${message}`);
  return { kind: 'redirect', to: `/sign-in?problem=${isKnown ? 'unknown' : 'failed'}`, begun: '' };
}

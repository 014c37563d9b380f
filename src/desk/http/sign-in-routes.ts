/** Signing in and out. */
import { textField } from '../pages/field.ts';
import { html, type Piece } from '../pages/html.ts';
import { page } from '../pages/layout.ts';
import { HOMES } from '../model/role.ts';
import type { DeskParts } from './desk-parts.ts';
import { PROVIDER_PATH } from './provider-routes.ts';
import type { DeskAnswer, DeskCall, DeskRoute } from './desk-route.ts';

export function signInRoutes({ access, passwords, oidc }: DeskParts): readonly DeskRoute[] {
  return [
    {
      method: 'GET',
      path: '/sign-in',
      allowed: 'public',
      answer: (call) => signInPage(call, oidc, problemIn(call), 200),
    },
    {
      method: 'POST',
      path: '/sign-in',
      allowed: 'public',
      writesHere: false,
      answer: async (call) => {
        const { form, address, session } = call;
        const attempt = { name: form.text('name').toLowerCase(), password: form.all('password')[0] ?? '' };
        const outcome = await passwords.signIn(attempt, { address }, session);
        if ('problem' in outcome) return signInPage(call, oidc, outcome.problem, outcome.status);
        const { role } = access.sessions.use(outcome.id)!.user;
        return { kind: 'redirect', to: HOMES[role], cookie: outcome.id };
      },
    },
    {
      method: 'POST',
      path: '/sign-out',
      allowed: ['isp', 'reviewer', 'auditor', 'admin'],
      writesHere: false,
      answer: ({ session }) => {
        access.end(session);
        return { kind: 'redirect', to: '/', cookie: '' };
      },
    },
  ];
}

/** The problem of a sign-in at the provider; null for none. */
function problemIn({ query }: DeskCall): string | null {
  if (query.problem === 'unknown')
    return 'Your account there has no role at this desk. Its administrator can give it one.';
  return query.problem === 'failed' ? 'Signing in there did not succeed. Try again.' : null;
}

function signInPage({ frame }: DeskCall, oidc: DeskParts['oidc'], problem: string | null, status: number): DeskAnswer {
  const note: Piece = problem !== null && html`<p class="note bad" role="alert">${problem}</p>`;
  return {
    kind: 'page',
    status,
    page: page(
      frame,
      'Staff sign in',
      html`${note}
        <p>For internet providers and the regulator. Applicants need no account: their secret link is enough.</p>
        ${oidc !== null && html`<p><a class="button" href="${PROVIDER_PATH}">Sign in with ${oidc.name}</a></p>`}
        <form class="desk-form narrow panel" method="post" action="/sign-in">
          ${textField({ name: 'name', label: 'Name', isRequired: true, autocomplete: 'username' })}
          ${textField(
            { name: 'password', label: 'Password', isRequired: true, autocomplete: 'current-password' },
            'password',
          )}
          <p><button class="primary">Sign in</button></p>
        </form>`,
    ),
  };
}

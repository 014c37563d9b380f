/** Signing in and out. */
import { textField } from '../pages/field.ts';
import { html, type Piece } from '../pages/html.ts';
import { page } from '../pages/layout.ts';
import type { DeskParts } from './desk-parts.ts';
import type { DeskAnswer, DeskCall, DeskRoute } from './desk-route.ts';

export const HOMES = { isp: '/queue', reviewer: '/queue', auditor: '/queue', admin: '/accounts' } as const;

export function signInRoutes({ access, passwords }: DeskParts): readonly DeskRoute[] {
  return [
    { method: 'GET', path: '/sign-in', allowed: 'public', answer: (call) => signInPage(call, null, 200) },
    {
      method: 'POST',
      path: '/sign-in',
      allowed: 'public',
      answer: async (call) => {
        const { form, address, session } = call;
        const attempt = { name: form.text('name').toLowerCase(), password: form.all('password')[0] ?? '' };
        const outcome = await passwords.signIn(attempt, { address }, session);
        if ('problem' in outcome) return signInPage(call, outcome.problem, outcome.status);
        const { role } = access.sessions.use(outcome.id)!.user;
        return { kind: 'redirect', to: HOMES[role], cookie: outcome.id };
      },
    },
    {
      method: 'POST',
      path: '/sign-out',
      allowed: ['isp', 'reviewer', 'auditor', 'admin'],
      answer: ({ session }) => {
        access.end(session);
        return { kind: 'redirect', to: '/', cookie: '' };
      },
    },
  ];
}

function signInPage({ frame }: DeskCall, problem: string | null, status: number): DeskAnswer {
  const note: Piece = problem !== null && html`<p class="note bad" role="alert">${problem}</p>`;
  return {
    kind: 'page',
    status,
    page: page(
      frame,
      'Staff sign in',
      html`${note}
        <p>For internet providers and the regulator. Applicants need no account: their secret link is enough.</p>
        <form class="desk-form narrow panel" method="post" action="/sign-in">
          ${textField({ name: 'name', label: 'Name', isRequired: true, autocomplete: 'username' })}
          ${textField({ name: 'password', label: 'Password', isRequired: true, autocomplete: 'current-password' }, 'password')}
          <p><button class="primary">Sign in</button></p>
        </form>`,
    ),
  };
}

/** The routes of a session: what it is. */
import { json, type Route, route } from '../../api/route.ts';
import { belowApi } from '../../api/routes.ts';
import type { SessionState } from '../../api/session-schema.ts';

const NO_ACCOUNTS: SessionState = {
  user: null,
  csrf: null,
  accounts: false,
  oidc: null,
  actions: false,
  why_not: 'Actions need an account: sluice account add NAME --role operator, on this machine.',
  refusal: null,
};

export function sessionRoutes(): readonly Route[] {
  return belowApi([route({ method: 'GET', path: '/session', access: 'open', answer: () => json(NO_ACCOUNTS) })]);
}

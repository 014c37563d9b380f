/**
 * Routes by which an operator acts on the daemon. Each action is an event with the account, and the hashes of the
 * rules.
 */
import type * as z from 'zod/mini';
import {
  type ActionResult,
  clearAction,
  confirmAction,
  type DraftList,
  plainAction,
  type ReloadPreview,
  resetAction,
  shadowOffAction,
  shadowOnAction,
} from './action-schema.ts';
import { type Reason } from './refusals.ts';
import { type ApiAnswer, type ApiRoute, COSTLY, json, refusal, refused, route, type User } from './route.ts';

/** Rejects with ActionRefusal where what the user saw has changed. */
export interface ConsoleActions {
  previewReload(user: User): Promise<ReloadPreview>;
  drafts(): Promise<DraftList>;
  reload(request: z.infer<typeof plainAction>, user: User): Promise<ActionResult>;
  confirm(request: z.infer<typeof confirmAction>, user: User): Promise<ActionResult>;
  resetBreaker(request: z.infer<typeof resetAction>, user: User): Promise<ActionResult>;
  clearHarm(request: z.infer<typeof clearAction>, user: User): Promise<ActionResult>;
  shadowOff(request: z.infer<typeof shadowOffAction>, user: User): Promise<ActionResult>;
  shadowRead(request: z.infer<typeof plainAction>, user: User): Promise<ActionResult>;
  shadowOn(request: z.infer<typeof shadowOnAction>, user: User): Promise<ActionResult>;
}

const CONFLICT = 409;
const FORBIDDEN = 403;

/** An action that is not what its user saw: nothing was done. */
export class ActionRefusal extends Error {
  readonly reason: Reason;

  constructor(reason: Reason) {
    super(reason.problem);
    this.reason = reason;
  }
}

export function actionRoutes(actions: ConsoleActions): readonly ApiRoute[] {
  const action = <Body extends { readonly id: string }>(
    name: string,
    body: z.ZodMiniType<Body>,
    perform: (request: Body, user: User) => Promise<ActionResult>,
  ): ApiRoute =>
    route({
      method: 'POST',
      path: `/actions/${name}`,
      access: 'act',
      body,
      answer: (call) => asUser(call.user, (user) => perform(call.body, user)),
    });
  return [
    action('reload', plainAction, (request, user) => actions.reload(request, user)),
    action('confirm', confirmAction, (request, user) => actions.confirm(request, user)),
    action('reset-breaker', resetAction, (request, user) => actions.resetBreaker(request, user)),
    action('clear-harm', clearAction, (request, user) => actions.clearHarm(request, user)),
    action('shadow-off', shadowOffAction, (request, user) => actions.shadowOff(request, user)),
    action('shadow-read', plainAction, (request, user) => actions.shadowRead(request, user)),
    action('shadow-on', shadowOnAction, (request, user) => actions.shadowOn(request, user)),
    route({
      method: 'POST',
      path: '/actions/preview-reload',
      access: 'act',
      most: COSTLY,
      answer: (call) => asUser(call.user, (user) => actions.previewReload(user)),
    }),
    route({ method: 'GET', path: '/drafts', access: 'act', answer: async () => json(await actions.drafts()) }),
  ];
}

/** An action needs an account, so that its event can name it. */
async function asUser(user: User | null, work: (user: User) => Promise<unknown>): Promise<ApiAnswer> {
  if (user === null) return refused(FORBIDDEN, 'only-operators');
  try {
    return json(await work(user));
  } catch (error) {
    if (error instanceof ActionRefusal) return refusal(CONFLICT, error.reason);
    throw error;
  }
}

/** Narrows questions to the operators of networks for which a user's account is. */
import type { CodedProblem } from '../core/coded-problem.ts';
import { reasonWith } from '../web/api/refusals.ts';
import type { User } from '../web/api/route.ts';

/** A question about networks that are not the user's. */
export class ScopeError extends Error {
  /** Over HTTP: forbidden. */
  readonly statusCode = 403;
  readonly reason: CodedProblem;

  constructor(reason: CodedProblem) {
    super(reason.problem);
    this.reason = reason;
  }
}

/** The question with its filter by isp narrowed to those of the user. Throws ScopeError for one of another isp. */
export function inScope<Q extends { readonly isp?: string | undefined }>(query: Q, user: User | null): Q {
  const isps = user?.isps ?? null;
  if (isps === null) return query;
  if (query.isp === undefined) return { ...query, isp: isps.join(',') };
  const other = query.isp.split(',').find((isp) => !isps.includes(isp));
  if (other !== undefined) throw new ScopeError(reasonWith('outside-networks', other, ...isps));
  return query;
}

/** Whether something of an operator's network is for the user. */
export function isInScope(isp: string, user: User | null): boolean {
  const isps = user?.isps ?? null;
  return isps === null || isps.includes(isp);
}

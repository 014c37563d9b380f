/** A route of the console's API: what it takes, who may call it, and its answer. All routes are in one table (routes). */
import type * as z from 'zod/mini';

/** What a caller must be allowed to do: nothing, see the pages, see what people did, or change the daemon. */
export const ACCESS_NAMES = ['open', 'read', 'audit', 'act'] as const;
export type Access = (typeof ACCESS_NAMES)[number];

/** The user of a request; null where the console has no accounts, or the caller has not signed in. */
export interface User {
  readonly name: string;
  readonly role: 'viewer' | 'auditor' | 'operator';
  /** The operators of networks whose figures the user may see; null for all. */
  readonly isps: readonly string[] | null;
}

export interface ApiAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  /** The name under which a browser stores the answer; left out for one that it shows. */
  readonly fileName?: string;
}

export interface ApiCall<Query, Body> {
  readonly query: Query;
  readonly body: Body;
  /** Parts of the path, like `:id`. */
  readonly params: Readonly<Record<string, string>>;
  readonly user: User | null;
}

export interface ApiRoute<Query = unknown, Body = unknown> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/api/v1`. */
  readonly path: string;
  readonly access: Access;
  /** Left out where there is no query, or no body. */
  readonly query?: z.ZodMiniType<Query>;
  readonly body?: z.ZodMiniType<Body>;
  readonly answer: (call: ApiCall<Query, Body>) => Promise<ApiAnswer> | ApiAnswer;
}

/** A route with the types of its query and its body. */
export function route<Query, Body>(one: ApiRoute<Query, Body>): ApiRoute {
  return one as ApiRoute;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** An answer of JSON that has been written already. */
export function jsonText(body: string): ApiAnswer {
  return { status: 200, type: JSON_TYPE, body };
}

export function json(value: unknown, status = 200): ApiAnswer {
  return { status, type: JSON_TYPE, body: JSON.stringify(value) };
}

/** A refusal with a reason for the user. */
export function refusal(status: number, problem: string): ApiAnswer {
  return json({ problem }, status);
}

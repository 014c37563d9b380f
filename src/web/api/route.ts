/**
 * A route of the HTTP server: what it takes, who may call it, and its answer. All routes of the API are in one table
 * (routes).
 */
import type * as z from 'zod/mini';
import { type Reason, reasonOf, type RefusalCode } from './refusals.ts';

/**
 * What a caller must be allowed to do: nothing, read figures by machine (with the token from other machines), be signed
 * in, see the pages, see what people did, or change the daemon.
 */
export const ACCESS_NAMES = ['open', 'token', 'session', 'read', 'audit', 'act'] as const;
export type Access = (typeof ACCESS_NAMES)[number];

export const ROLE_NAMES = ['viewer', 'auditor', 'operator'] as const;
export type Role = (typeof ROLE_NAMES)[number];

/** The user of a request; null where the console has no accounts, or the caller has not signed in. */
export interface User<R extends string = Role> {
  readonly name: string;
  readonly role: R;
  /** The operators of networks whose figures the user may see; null for all. */
  readonly isps: readonly string[] | null;
}

/** What people did is shown to auditors and operators alone. */
export function seesPeople(user: User | null): boolean {
  return user !== null && user.role !== 'viewer';
}

export interface ApiAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  /** Sent instead of the body: parts that are made as fast as the caller takes them. */
  readonly parts?: AsyncIterable<string>;
  /** The name under which a browser stores the answer; left out for one that it shows. */
  readonly fileName?: string;
  /** The version of an answer that is asked for often: a browser that has it gets 304. */
  readonly etag?: string;
  /** The body compressed, made once for all. */
  readonly gzipped?: () => Uint8Array;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

export interface ApiCall<Query, Body> {
  readonly query: Query;
  readonly body: Body;
  /** Parts of the path, like `:id`. */
  readonly params: Readonly<Record<string, string>>;
  readonly user: User | null;
}

/** The browser, or program, that calls. */
export interface Caller {
  readonly address: string;
  readonly cookies: Readonly<Record<string, string | undefined>>;
  /** The address by which it reached this server, like `https://sluice.example`. */
  readonly origin: string;
}

/** The one kind of route, of which the server has one table. */
export interface Route<Query = unknown, Body = unknown> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly access: Access;
  /**
   * Requests of one address that are answered in ten seconds, for a route that takes much work; left out for the
   * general bound.
   */
  readonly most?: number;
  /** Left out where there is no query, or no body. */
  readonly query?: z.ZodMiniType<Query>;
  readonly body?: z.ZodMiniType<Body>;
  readonly answer: (call: ApiCall<Query, Body>, caller: Caller) => Promise<ApiAnswer> | ApiAnswer;
}

/** A route of the API, whose path is written without the API's own, which is set before it (routes). */
export type ApiRoute = Route;

/** `most` of routes that take much work. People ask less often. */
export const COSTLY = 100;

export const API = '/api/v1';

/** A route with the types of its query and its body. */
export function route<Query, Body>(one: Route<Query, Body>): ApiRoute {
  return one as ApiRoute;
}

const CSV_TYPE = 'text/csv; charset=utf-8; header=present';
const JSON_TYPE = 'application/json; charset=utf-8';

/** An answer of JSON that has been written already. */
export function jsonText(body: string): ApiAnswer {
  return { status: 200, type: JSON_TYPE, body };
}

/** A table as CSV, which a browser stores. */
export function csvText(body: string, fileName: string): ApiAnswer {
  return { status: 200, type: CSV_TYPE, body, fileName };
}

export function json(value: unknown, status = 200): ApiAnswer {
  return { status, type: JSON_TYPE, body: JSON.stringify(value) };
}

export function plainText(status: number, body: string): ApiAnswer {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n` };
}

/** A refusal with a reason for the user. With a code (refusals) the page has the reason in its own language. */
export function refusal(status: number, { problem, code, values }: Reason): ApiAnswer {
  return json({ problem, ...(code !== undefined && { code }), ...(values !== undefined && { values }) }, status);
}

/** A refusal whose reason quotes nothing of the request. */
export function refused(status: number, code: RefusalCode): ApiAnswer {
  return json(reasonOf(code), status);
}

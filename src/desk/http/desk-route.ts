/** A route of the desk: its path, who may call it, and its answer. All routes are in one table (desk-routes). */
import type { Readable } from 'node:stream';
import type { StaffRole } from '../model/role.ts';
import type { Actor } from '../model/permission.ts';
import type { Html } from '../pages/html.ts';
import type { Frame } from '../pages/layout.ts';
import type { Form } from './form-reading.ts';

/** `public`: no account is needed; the secret of an application, where the path has one, is checked by the route. */
export type Allowed = 'public' | readonly StaffRole[];

export interface DeskCall {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly form: Form;
  /** The one who has signed in; null for the public. */
  readonly user: Actor | null;
  readonly frame: Frame;
  /** The token of the session; empty without one. */
  readonly csrf: string;
  readonly nowMs: number;
  readonly address: string;
  /** The address of this desk for links in mail. */
  readonly origin: string;
  /** The session that the browser sent. */
  readonly session: string | undefined;
  /** The sign-in that the browser has begun at a provider, sealed. */
  readonly begun: string | undefined;
}

/** `cookie`: the id of a session that begins, empty where it ends. `begun`: a sign-in at a provider, likewise. */
export type DeskAnswer =
  | { readonly kind: 'page'; readonly page: Html; readonly status?: number }
  | { readonly kind: 'redirect'; readonly to: string; readonly cookie?: string; readonly begun?: string }
  /** A session has begun at a provider: its cookie is sent from a page of this site alone, so a page leads on. */
  | { readonly kind: 'signed-in'; readonly page: Html; readonly to: string; readonly cookie: string }
  | {
      readonly kind: 'download';
      readonly type: string;
      readonly name: string;
      readonly content: Uint8Array | string | Readable;
    }
  | { readonly kind: 'refusal'; readonly status: number; readonly problem: string }
  | { readonly kind: 'json'; readonly value: unknown };

export interface DeskRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly allowed: Allowed;
  /** The form may have files. */
  readonly hasFiles?: boolean;
  /** False for a form that writes nothing, or has another process write. The others wait while one does. */
  readonly writesHere?: boolean;
  readonly answer: (call: DeskCall) => Promise<DeskAnswer> | DeskAnswer;
}

export function refuse(status: number, problem: string): DeskAnswer {
  return { kind: 'refusal', status, problem };
}

export function redirect(to: string): DeskAnswer {
  return { kind: 'redirect', to };
}

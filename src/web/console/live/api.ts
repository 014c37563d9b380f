/**
 * Asks the daemon's API. A request that changes something carries the token of the session. A refusal for want of a
 * session leads to the sign-in page, and from there back.
 */
import type { SessionState } from '../../api/session-schema.ts';
import { type Refused, reasonIn } from '../format/refusal-words.ts';
import { goTo } from '../shell/router.ts';
import { text } from '../text/catalogue.ts';

export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, problem: string) {
    super(problem);
    this.status = status;
  }
}

/** Why a request failed: the reason of a refusal, or that nothing answered, for which each browser has other words. */
export function failureWords(error: unknown): string {
  if (error instanceof TypeError) return text.component.unanswered;
  return error instanceof Error ? error.message : String(error);
}

const API = '/api/v1';
const SIGN_IN = '/sign-in';
const UNAUTHORIZED = 401;
const FORBIDDEN = 403;
const NOT_MODIFIED = 304;

let csrf: string | null = null;

/** The answer's JSON. Rejects with ApiError for a refusal, and with TypeError where there is no answer. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return answerOf<T>(await fetch(API + path, { headers: { accept: 'application/json' }, signal: signal ?? null }));
}

let liveTag = '';
let liveDocument: unknown = null;

/** The live document, which is sent only where it has changed since. */
export async function getLive<T>(signal?: AbortSignal): Promise<T> {
  const headers = { accept: 'application/json', ...(liveTag !== '' && { 'if-none-match': liveTag }) };
  const response = await fetch(`${API}/live`, { headers, signal: signal ?? null });
  if (response.status === NOT_MODIFIED) return liveDocument as T;
  if (response.status === FORBIDDEN) goToSignIn();
  liveDocument = await answerOf<T>(response);
  liveTag = response.headers.get('etag') ?? '';
  return liveDocument as T;
}

/** Changes something: the answer's JSON. Rejects like `getJson`. */
export async function post<T>(path: string, body: unknown = {}): Promise<T> {
  if (csrf === null) await readSession();
  try {
    return await send<T>(path, body);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== FORBIDDEN) throw error;
    // Another tab has signed in again: its token is the one of both.
    const before = csrf;
    await readSession();
    if (csrf === before) throw error;
    return send<T>(path, body);
  }
}

/** Removes something. Rejects like `getJson`. */
export async function remove(path: string): Promise<void> {
  if (csrf === null) await readSession();
  await send(path, {}, 'DELETE');
}

/** The user of this page, and what it may do. */
export async function readSession(): Promise<SessionState> {
  const session = await getJson<SessionState>('/session');
  ({ csrf } = session);
  return session;
}

async function send<T>(path: string, body: unknown, method = 'POST'): Promise<T> {
  return answerOf<T>(
    await fetch(API + path, {
      method,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        ...(csrf !== null && { 'x-csrf-token': csrf }),
      },
      body: JSON.stringify(body),
    }),
  );
}

async function answerOf<T>(response: Response): Promise<T> {
  const body = (await response.json()) as unknown;
  if (response.ok) return body as T;
  if (response.status === UNAUTHORIZED) goToSignIn();
  throw new ApiError(response.status, reasonIn(body as Refused) ?? response.statusText);
}

function goToSignIn(): void {
  const { pathname, search } = location;
  if (pathname !== SIGN_IN) goTo(`${SIGN_IN}?${new URLSearchParams({ to: pathname + search }).toString()}`, false);
}

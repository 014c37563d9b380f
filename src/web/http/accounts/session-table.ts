/**
 * The sessions of users that have signed in, in memory: a restart ends them all. An id has 256 random bits and is kept
 * as its hash, so that no dump of the memory or log of this table opens a session.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Role, User } from '../../api/route.ts';

export const IDLE_MS = 30 * 60_000;
export const LONGEST_MS = 12 * 3_600_000;
const MOST_SESSIONS = 1000;
const MOST_OF_USER = 20;
const ID_BYTES = 32;

export interface Session<R extends string = Role> {
  readonly user: User<R>;
  /** The version of the account; null for a user of the provider. */
  readonly stamp: string | null;
  /** To be sent with each request that changes something. */
  readonly csrf: string;
  readonly startMs: number;
  lastMs: number;
}

export class SessionTable<R extends string = Role> {
  private readonly now: () => number;
  /** By the hash of the id, the oldest first. */
  private readonly sessions = new Map<string, Session<R>>();

  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  get count(): number {
    return this.sessions.size;
  }

  /** Begins a session; its id. Where there are too many, the user's oldest ends, or else the oldest of all. */
  begin(user: User<R>, stamp: string | null): string {
    const now = this.now();
    for (const [key, session] of this.sessions) if (this.isOver(session, now)) this.sessions.delete(key);
    const own = [...this.sessions].filter(([, session]) => session.user.name === user.name);
    if (own.length >= MOST_OF_USER) this.sessions.delete(own[0]![0]);
    else if (this.sessions.size >= MOST_SESSIONS) this.sessions.delete(this.sessions.keys().next().value!);
    const id = randomText();
    this.sessions.set(hashOf(id), { user, stamp, csrf: randomText(), startMs: now, lastMs: now });
    return id;
  }

  /** The session of an id, which this use keeps alive; null for none. */
  use(id: string | undefined): Session<R> | null {
    if (id === undefined) return null;
    const key = hashOf(id);
    const session = this.sessions.get(key);
    if (session === undefined) return null;
    const now = this.now();
    if (this.isOver(session, now)) {
      this.sessions.delete(key);
      return null;
    }
    session.lastMs = now;
    return session;
  }

  end(id: string | undefined): void {
    if (id !== undefined) this.sessions.delete(hashOf(id));
  }

  private isOver({ startMs, lastMs }: Pick<Session, 'startMs' | 'lastMs'>, now: number): boolean {
    return now - lastMs > IDLE_MS || now - startMs > LONGEST_MS;
  }
}

/** Compares hashes, so that the time reveals nothing. */
export function isToken(given: unknown, token: string): boolean {
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(token));
}

function randomText(): string {
  return randomBytes(ID_BYTES).toString('base64url');
}

function hashOf(id: string): string {
  return digest(id).toString('base64');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** The session of this browser, for all parts of the page: its user, and what it may do. */
import { useEffect, useState } from 'preact/hooks';
import type { SessionState } from '../../api/session-schema.ts';
import { post, readSession } from './api.ts';

const CHANGED = 'sluice:session';

/** Null before the first answer. */
export function useSession(): SessionState | null {
  const [session, setSession] = useState<SessionState | null>(null);
  useEffect(() => {
    let isOver = false;
    const read = (): void => {
      readSession().then(
        (now) => {
          if (!isOver) setSession(now);
        },
        // The page says already that the daemon does not answer.
        () => undefined,
      );
    };
    read();
    addEventListener(CHANGED, read);
    return () => {
      isOver = true;
      removeEventListener(CHANGED, read);
    };
  }, []);
  return session;
}

/** Resolves to the session. Rejects with ApiError where the daemon refuses. */
export async function signIn(name: string, password: string): Promise<SessionState> {
  await post('/sign-in', { name, password });
  const session = await readSession();
  dispatchEvent(new Event(CHANGED));
  return session;
}

export async function signOut(): Promise<void> {
  await post('/sign-out');
  await readSession();
  dispatchEvent(new Event(CHANGED));
}

/** Opens a session without workers. */
import { AssemblyTracker } from '../dataplane/host/assembly-tracker.ts';
import { DEFAULT_LINK_IDENTITY, type LinkIdentity } from '../dataplane/host/link-identity.ts';
import { Session } from './session.ts';

/** A session that does everything in the thread that calls it. */
export function openSession(flowCapacity: number, linkIdentity: LinkIdentity = DEFAULT_LINK_IDENTITY): Session {
  return new Session(new AssemblyTracker(flowCapacity, linkIdentity));
}

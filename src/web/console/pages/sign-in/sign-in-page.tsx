/** Signing in: by a name and a password, or at another service. It leads back to where the reader came from. */
import { Loading } from '../../component/loading.tsx';
import { Note } from '../../component/note.tsx';
import { Panel } from '../../component/panel.tsx';
import { reasonIn } from '../../format/refusal-words.ts';
import { signOut, useSession } from '../../live/use-session.ts';
import { Link } from '../../shell/link.tsx';
import type { Place } from '../../shell/router.ts';
import { text } from '../../text/catalogue.ts';
import type { SessionState } from '../../../api/session-schema.ts';
import { PasswordForm } from './password-form.tsx';
import './sign-in.css';

export function SignInPage({ place: { query } }: { place: Place }) {
  const session = useSession();
  if (session === null) return <Loading />;
  if (!session.accounts) return <WithoutAccounts />;
  if (session.user !== null) return <SignedIn session={session} />;
  const to = localAddress(query.get('to'));
  const failure = query.get('problem');
  return (
    <div class="sign-in">
      {failure !== null && (
        <Note severity="critical" isUrgent>
          <p>{failure === 'unknown' ? text.signIn.provider.unknown : text.signIn.provider.failed}</p>
        </Note>
      )}
      {session.oidc !== null && (
        <Panel title={text.signIn.elsewhere}>
          <a class="button primary" href={`/api/v1/sign-in/oidc?${new URLSearchParams({ to }).toString()}`}>
            {text.signIn.with(session.oidc)}
          </a>
        </Panel>
      )}
      <Panel title={text.signIn.heading}>
        <PasswordForm to={to} />
        <p class="muted">
          {text.signIn.forgotten} <code>sluice account password NAME</code>
        </p>
      </Panel>
    </div>
  );
}

function WithoutAccounts() {
  return (
    <div class="sign-in">
      <Note severity="notice">
        <p>{text.signIn.noAccounts}</p>
        <p>
          {text.signIn.howTo} <code>sluice account add NAME</code>
        </p>
      </Note>
      <Link to="/">{text.signIn.go}</Link>
    </div>
  );
}

function SignedIn({ session: { user, refusal } }: { session: SessionState }) {
  return (
    <div class="sign-in">
      {refusal === null ? (
        <Note severity="good">
          <p>{text.signIn.signedIn(user!.name, text.signIn.roles[user!.role])}</p>
        </Note>
      ) : (
        <Note severity="critical" isUrgent>
          <p>{text.signIn.noAccess(reasonIn(refusal)!)}</p>
        </Note>
      )}
      <p class="choice">
        {refusal === null && <Link to="/">{text.signIn.go}</Link>}
        <button type="button" onClick={() => void signOut()}>
          {text.signIn.out}
        </button>
      </p>
    </div>
  );
}

/** An address of this console alone: a link from elsewhere cannot lead away. */
function localAddress(to: string | null): string {
  if (to === null || !URL.canParse(to, location.origin)) return '/';
  const { origin, pathname, search } = new URL(to, location.origin);
  return origin === location.origin && pathname !== location.pathname && !pathname.startsWith('//')
    ? pathname + search
    : '/';
}

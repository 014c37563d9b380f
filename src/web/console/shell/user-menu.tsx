/** The user who has signed in, and the way out. */
import { useSession, signOut } from '../live/use-session.ts';
import { text } from '../text/catalogue.ts';
import { goTo } from './router.ts';
import './user-menu.css';

const SIGN_IN = '/sign-in';

export function UserMenu() {
  const session = useSession();
  if (session === null) return null;
  const { user, accounts } = session;
  if (!accounts) return <span class="muted">{text.signIn.readOnly}</span>;
  if (user === null) return null;
  const leave = (): void => {
    signOut().then(
      () => {
        goTo(SIGN_IN);
      },
      // The session is over already.
      () => {
        goTo(SIGN_IN);
      },
    );
  };
  return (
    <span class="user">
      <span>{text.signIn.user(user.name, text.signIn.roles[user.role])}</span>
      <button type="button" class="quiet" onClick={leave}>
        {text.signIn.out}
      </button>
    </span>
  );
}

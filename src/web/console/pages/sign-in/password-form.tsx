/** The form for a name and a password. */
import { useId, useRef, useState } from 'preact/hooks';
import { Note } from '../../component/note.tsx';
import { failureWords } from '../../live/api.ts';
import { signIn } from '../../live/use-session.ts';
import { goTo } from '../../shell/router.ts';
import { text } from '../../text/catalogue.ts';

/** `to`: where a session leads. */
export function PasswordForm({ to }: { to: string }) {
  const id = useId();
  const password = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    const fields = new FormData(form);
    setBusy(true);
    setProblem(null);
    try {
      const { refusal } = await signIn(textOf(fields, 'name'), textOf(fields, 'password'));
      if (refusal === null) goTo(to, false);
    } catch (error) {
      setProblem(failureWords(error));
      password.current?.select();
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      class="sign-in-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBusy) void submit(event.currentTarget);
      }}
    >
      {problem !== null && (
        <Note severity="critical" isUrgent>
          <p>{text.signIn.refused(problem)}</p>
        </Note>
      )}
      <div class="field">
        <label htmlFor={`${id}-name`}>{text.signIn.name}</label>
        <input
          id={`${id}-name`}
          name="name"
          autoComplete="username"
          autoCapitalize="none"
          spellcheck={false}
          required
          maxLength={64}
        />
      </div>
      <div class="field">
        <label htmlFor={`${id}-password`}>{text.signIn.password}</label>
        <input
          id={`${id}-password`}
          ref={password}
          name="password"
          type="password"
          autoComplete="current-password"
          required
          maxLength={1024}
        />
      </div>
      <button type="submit" class="primary" aria-disabled={isBusy}>
        {isBusy ? text.signIn.busy : text.signIn.in}
      </button>
    </form>
  );
}

function textOf(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === 'string' ? value : '';
}

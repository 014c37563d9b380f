/** Reloads policy and registry, after a trial of the files has shown what that would change. */
import type { ReloadPreview } from '../../../api/action-schema.ts';
import { useEffect, useState } from 'preact/hooks';
import { ActionDialog } from '../../action/action-dialog.tsx';
import { Problems } from '../../action/action-result.tsx';
import { useAction } from '../../action/use-action.ts';
import { VerdictFigures } from '../../action/verdict-figures.tsx';
import { ErrorState } from '../../component/error-state.tsx';
import { Loading } from '../../component/loading.tsx';
import { Note } from '../../component/note.tsx';
import { failureWords, post } from '../../live/api.ts';
import { text } from '../../text/catalogue.ts';

export function ReloadAction({ done }: { done: () => void }) {
  const action = useAction('reload', done);
  const { preview, problem } = usePreview(action.isOpen);
  const words = text.action.reload;
  return (
    <ActionDialog action={action} words={words} body={preview === null ? null : {}}>
      {problem !== null && <ErrorState problem={problem} />}
      {preview === null && problem === null && (
        <>
          <p>{words.trying}</p>
          <Loading />
        </>
      )}
      {preview !== null && <Preview preview={preview} />}
    </ActionDialog>
  );
}

function Preview({ preview: { result, problems, verdict } }: { preview: ReloadPreview }) {
  const severity = result === 'failure' || result === 'refused' ? 'critical' : 'good';
  return (
    <>
      <Note severity={severity}>
        <p>{text.action.reload.outcomes[result]}</p>
      </Note>
      {verdict !== null && <VerdictFigures verdict={verdict} />}
      <Problems problems={problems} />
    </>
  );
}

/** Tries the files each time that the dialog opens. */
function usePreview(isOpen: boolean): { readonly preview: ReloadPreview | null; readonly problem: string | null } {
  const [state, setState] = useState<{ preview: ReloadPreview | null; problem: string | null }>({
    preview: null,
    problem: null,
  });
  useEffect(() => {
    if (!isOpen) return;
    let isOver = false;
    setState({ preview: null, problem: null });
    post<ReloadPreview>('/actions/preview-reload').then(
      (preview) => {
        if (!isOver) setState({ preview, problem: null });
      },
      (error: unknown) => {
        if (!isOver) setState({ preview: null, problem: failureWords(error) });
      },
    );
    return () => {
      isOver = true;
    };
  }, [isOpen]);
  return state;
}

/** Confirms rules or a date that exceed the limits, by their hash, after its figures were shown. */
import { text } from '../text/catalogue.ts';
import type { ChangeVerdict } from '../../api/rules-schema.ts';
import { ActionDialog } from './action-dialog.tsx';
import { useAction } from './use-action.ts';
import { VerdictFigures } from './verdict-figures.tsx';

/** `about`: what is confirmed, in words. */
export function ConfirmAction(props: {
  label: string;
  about: string;
  verdict: ChangeVerdict;
  body: { readonly sha256: string; readonly date?: string };
  done: () => void;
}) {
  const { label, about, verdict, body, done } = props;
  const action = useAction('confirm', done);
  const words = { ...text.action.confirm, open: label };
  return (
    <ActionDialog action={action} words={words} isDangerous body={body}>
      <p>{words.what(about)}</p>
      <VerdictFigures verdict={verdict} />
    </ActionDialog>
  );
}

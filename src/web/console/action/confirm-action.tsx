/** Confirms rules or a date that exceed the limits, by their hash, after its figures were shown. */
import { Confirm } from '../component/confirm.tsx';
import { text } from '../text/catalogue.ts';
import type { ChangeVerdict } from '../../api/rules-schema.ts';
import { ActionOutcome } from './action-result.tsx';
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
  const words = text.action.confirm;
  return (
    <>
      <button type="button" class="danger" onClick={action.open}>
        {label}
      </button>
      <ActionOutcome action={action} />
      <Confirm
        title={words.title}
        isOpen={action.isOpen}
        action={action.isBusy ? text.action.working : words.do}
        isDangerous
        isDisabled={action.isBusy}
        onConfirm={() => {
          action.perform(body);
        }}
        onClose={action.close}
      >
        <p>{words.what(about)}</p>
        <VerdictFigures verdict={verdict} />
      </Confirm>
    </>
  );
}

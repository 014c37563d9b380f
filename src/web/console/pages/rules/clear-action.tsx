/** Sets the counts of registered hits to 0, with a reason. */
import { useId, useState } from 'preact/hooks';
import type { RulesDocument } from '../../../api/rules-schema.ts';
import { ActionDialog } from '../../action/action-dialog.tsx';
import { useAction } from '../../action/use-action.ts';
import { count } from '../../format/number-format.ts';
import { text } from '../../text/catalogue.ts';

const LONGEST_REASON = 500;

export function ClearAction({ document, done }: { document: RulesDocument; done: () => void }) {
  const action = useAction('clear-harm', done);
  const [reason, setReason] = useState('');
  const id = useId();
  const words = text.action.clear;
  const hits = document.registered_hits;
  const unavailable = hits > 0 ? {} : { unavailable: { reason: words.none } };
  const body = reason.trim() === '' ? null : { reason: reason.trim(), hits };
  return (
    <ActionDialog action={action} words={words} isDangerous {...unavailable} body={body}>
      <p>{words.what(count(hits))}</p>
      <div class="field">
        <label for={id}>{words.reason}</label>
        <input
          id={id}
          value={reason}
          required
          maxLength={LONGEST_REASON}
          onInput={({ currentTarget }) => {
            setReason(currentTarget.value);
          }}
        />
      </div>
    </ActionDialog>
  );
}

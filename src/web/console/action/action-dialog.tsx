/** A button that opens the dialog of an action, the dialog with what it will do, and the result after it. */
import type { ComponentChildren } from 'preact';
import { Confirm } from '../component/confirm.tsx';
import { text } from '../text/catalogue.ts';
import { ActionOutcome } from './action-result.tsx';
import type { Action } from './use-action.ts';

export interface ActionDialogProps {
  readonly action: Action;
  /** The button, and the title and the verb of the dialog. */
  readonly words: { readonly open: string; readonly title: string; readonly do: string };
  readonly isDangerous?: boolean;
  /** Why there is nothing to do, which disables the button; left out while there is. */
  readonly unavailable?: { readonly reason?: string };
  /** What is sent; null while the action is not possible yet. */
  readonly body: object | null;
  readonly children: ComponentChildren;
}

export function ActionDialog(props: ActionDialogProps) {
  const { action, words, isDangerous = false, unavailable, body, children } = props;
  return (
    <>
      <button
        type="button"
        class={isDangerous ? 'danger' : undefined}
        disabled={unavailable !== undefined}
        title={unavailable?.reason}
        onClick={action.open}
      >
        {words.open}
      </button>
      <ActionOutcome action={action} />
      <Confirm
        title={words.title}
        isOpen={action.isOpen}
        action={action.isBusy ? text.action.working : words.do}
        isDangerous={isDangerous}
        isDisabled={action.isBusy || body === null}
        onConfirm={() => {
          if (body !== null) action.perform(body);
        }}
        onClose={action.close}
      >
        {children}
      </Confirm>
    </>
  );
}

/** A dialog that asks before something is done. The browser keeps the focus in it, and returns it afterwards. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { text } from '../text/catalogue.ts';

export interface ConfirmProps {
  readonly title: string;
  readonly isOpen: boolean;
  /** The words of the button that does it: a verb. */
  readonly action: string;
  readonly isDangerous?: boolean;
  /** The action is under way, or not possible yet. */
  readonly isDisabled?: boolean;
  readonly onConfirm: () => void;
  /** Also after Escape. */
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function Confirm(props: ConfirmProps) {
  const { title, isOpen, action, isDangerous = false, isDisabled = false, onConfirm, onClose, children } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onConfirm();
        }}
      >
        <h2 id={id}>{title}</h2>
        {isOpen && children}
        <div class="end">
          <button type="button" onClick={() => dialog.current?.close()}>
            {text.component.cancel}
          </button>
          <button type="submit" class={isDangerous ? 'danger' : 'primary'} disabled={isDisabled}>
            {action}
          </button>
        </div>
      </form>
    </dialog>
  );
}

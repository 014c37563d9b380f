/** Resets the breaker, for the trips that the page shows. */
import type { RulesDocument } from '../../../api/rules-schema.ts';
import { ActionOutcome } from '../../action/action-result.tsx';
import { useAction } from '../../action/use-action.ts';
import { Confirm } from '../../component/confirm.tsx';
import { Meter } from '../../component/meter.tsx';
import { clients } from '../../format/number-format.ts';
import { text } from '../../text/catalogue.ts';

export function ResetAction({ document, done }: { document: RulesDocument; done: () => void }) {
  const action = useAction('reset-breaker', done);
  const words = text.action.reset;
  const isTripped = document.trips.length > 0;
  return (
    <>
      <button
        type="button"
        class="danger"
        disabled={!isTripped}
        title={isTripped ? undefined : words.none}
        onClick={action.open}
      >
        {words.open}
      </button>
      <ActionOutcome action={action} />
      <Confirm
        title={words.title}
        isOpen={action.isOpen}
        action={action.isBusy ? text.action.working : words.do}
        isDangerous
        isDisabled={action.isBusy}
        onConfirm={() => {
          action.perform({ trips: document.trips });
        }}
        onClose={action.close}
      >
        <p>{words.what}</p>
        {document.limits.map(({ limit, affected, allowed }) => (
          <Meter key={limit} name={text.rulesPage.limit(limit)} value={affected} limit={allowed} format={clients} />
        ))}
      </Confirm>
    </>
  );
}

/** Resets the breaker, for the trips that the page shows. */
import type { RulesDocument } from '../../../api/rules-schema.ts';
import { ActionDialog } from '../../action/action-dialog.tsx';
import { useAction } from '../../action/use-action.ts';
import { Meter } from '../../component/meter.tsx';
import { limitName } from '../../format/limit-name.ts';
import { clients } from '../../format/number-format.ts';
import { text } from '../../text/catalogue.ts';

export function ResetAction({ document, done }: { document: RulesDocument; done: () => void }) {
  const action = useAction('reset-breaker', done);
  const words = text.action.reset;
  const unavailable = document.trips.length > 0 ? {} : { unavailable: { reason: words.none } };
  return (
    <ActionDialog action={action} words={words} isDangerous {...unavailable} body={{ trips: document.trips }}>
      <p>{words.what}</p>
      {document.limits.map(({ limit, affected, allowed }) => (
        <Meter
          key={limit}
          name={text.rulesPage.limit(limitName(limit))}
          value={affected}
          limit={allowed}
          format={clients}
        />
      ))}
    </ActionDialog>
  );
}

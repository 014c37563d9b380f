/** The limits of safety with their use. */
import type { RulesDocument } from '../../../api/rules-schema.ts';
import { Meter } from '../../component/meter.tsx';
import { Panel } from '../../component/panel.tsx';
import { limitName } from '../../format/limit-name.ts';
import { clients, count } from '../../format/number-format.ts';
import { text } from '../../text/catalogue.ts';

export function LimitsPanel({ document }: { document: RulesDocument }) {
  const { limits, registered_allowed: allowed, registered_hits: hits } = document;
  const words = text.rulesPage;
  return (
    <Panel title={words.limits} footer={words.limitsHelp}>
      <div class="meters">
        {limits.map(({ limit, affected, allowed: most }) => (
          <Meter key={limit} name={words.limit(limitName(limit))} value={affected} limit={most} format={clients} />
        ))}
        <Meter name={words.registeredLimit} value={hits} limit={allowed} format={count} />
      </div>
    </Panel>
  );
}

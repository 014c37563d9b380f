/** The limits of safety with their use, and those on a change of the rules. */
import type { RulesDocument } from '../../../api/rules-schema.ts';
import { Meter } from '../../component/meter.tsx';
import { Panel } from '../../component/panel.tsx';
import { limitName } from '../../format/limit-name.ts';
import { clients, count, percent } from '../../format/number-format.ts';
import { text } from '../../text/catalogue.ts';

export function LimitsPanel({ document }: { document: RulesDocument }) {
  const { limits, guard, registered_allowed: allowed, registered_hits: hits } = document;
  const words = text.rulesPage;
  return (
    <>
      <Panel title={words.limits} footer={words.limitsHelp}>
        {limits.map(({ limit, affected, allowed: most }) => (
          <Meter key={limit} name={words.limit(limitName(limit))} value={affected} limit={most} format={clients} />
        ))}
        <Meter name={words.registeredLimit} value={hits} limit={allowed} format={count} />
      </Panel>
      <Panel title={words.guard} footer={words.guardHelp}>
        <dl class="rule-facts">
          <div>
            <dt>{words.guardRegistrations}</dt>
            <dd>{percent(guard.registrations)}</dd>
          </div>
          <div>
            <dt>{words.guardDeregistered}</dt>
            <dd>{count(guard.deregistered)}</dd>
          </div>
          <div>
            <dt>{words.guardRegistered}</dt>
            <dd>{count(guard.registered)}</dd>
          </div>
        </dl>
      </Panel>
    </>
  );
}

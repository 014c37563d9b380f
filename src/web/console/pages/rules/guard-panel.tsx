/** The limits on a change of the rules, beyond which it waits for an operator. */
import type { RulesDocument } from '../../../api/rules-schema.ts';
import { Panel } from '../../component/panel.tsx';
import { count, percent } from '../../format/number-format.ts';
import { text } from '../../text/catalogue.ts';

export function GuardPanel({ document: { guard } }: { document: RulesDocument }) {
  const words = text.rulesPage;
  return (
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
  );
}

/** The rules that were tried, in order, with what did not hold. */
import type { DecisionExplanation } from '../../../api/decision-schema.ts';
import { Badge } from '../../component/badge.tsx';
import { type Column, DataTable } from '../../component/data-table.tsx';
import { Panel } from '../../component/panel.tsx';
import { Link } from '../../shell/link.tsx';
import { text } from '../../text/catalogue.ts';
import type { PartProps } from './explanation-page.tsx';
import { ruleAddress } from './outcome-panel.tsx';

const words = text.explanation.rules;

type Tried = NonNullable<DecisionExplanation['kept']['tried']>[number] & { readonly place: number };

const COLUMNS: readonly Column<Tried>[] = [
  { key: 'place', title: words.number, isNumber: true, cell: ({ place }) => place },
  { key: 'rule', title: words.rule, isName: true, cell: ({ name }) => <Link to={ruleAddress(name)}>{name}</Link> },
  {
    key: 'result',
    title: words.result,
    cell: ({ matched }) =>
      matched ? (
        <Badge word={words.matches} sign="confirmed" tone="accent" />
      ) : (
        <span class="muted">{words.doesNotHold}</span>
      ),
  },
  {
    key: 'failed',
    title: words.failed,
    cell: ({ failed, rollout }) => (
      <>
        {failed.map((condition) => (
          <div key={condition.key}>{words.condition(condition)}</div>
        ))}
        {rollout !== null && <div>{words.outsideRollout(rollout)}</div>}
      </>
    ),
  },
];

export function RulesPanel({ data: { kept } }: PartProps) {
  if (kept.tried === null)
    return (
      <Panel title={words.title} size="wide">
        <p class="muted">{words.notLogged}</p>
      </Panel>
    );
  const rows = kept.tried.map((rule, index) => ({ ...rule, place: index + 1 }));
  return (
    <Panel title={words.title} size="wide" footer={kept.decision.rule === null ? words.noneMatched : undefined}>
      <DataTable
        caption={words.caption}
        columns={COLUMNS}
        rows={rows}
        keyOf={({ place }) => place}
        empty={words.empty}
      />
    </Panel>
  );
}

/** Clients newly hit in each window of the breaker, against its limit. */
import type { LiveDocument } from '../../../api/live-schema.ts';
import { Empty } from '../../component/empty.tsx';
import { Meter } from '../../component/meter.tsx';
import { Panel } from '../../component/panel.tsx';
import { limitName } from '../../format/limit-name.ts';
import { clients, count } from '../../format/number-format.ts';
import { text } from '../../text/catalogue.ts';
import { total } from './summary.ts';

const { limits: words } = text.overview;

export function LimitsPanel({ live: { breaker, harm, mode } }: { live: LiveDocument }) {
  return (
    <Panel
      title={words.title}
      footer={`${mode === 'observe' ? words.observing : ''}${words.footer(count(total(harm.counts.in_force ?? {})))}`}
    >
      {breaker.limits.length === 0 && <Empty>{words.none}</Empty>}
      <div class="meters">
        {breaker.limits.map(({ limit, affected, allowed }) => (
          <Meter key={limit} name={limitName(limit)} value={affected} limit={allowed} format={clients} />
        ))}
      </div>
    </Panel>
  );
}

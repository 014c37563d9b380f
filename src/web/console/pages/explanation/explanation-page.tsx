/** The explanation of a decision: why in a sentence, then the parts from which it follows. */
import { decisionColumns } from '../decisions/decision-cells.tsx';
import type { DecisionExplanation } from '../../../api/decision-schema.ts';
import { DataTable } from '../../component/data-table.tsx';
import { ErrorState } from '../../component/error-state.tsx';
import { Loading } from '../../component/loading.tsx';
import { Note } from '../../component/note.tsx';
import { Panel } from '../../component/panel.tsx';
import { count } from '../../format/number-format.ts';
import { zoneName } from '../../format/time-format.ts';
import { useApi } from '../../live/use-api.ts';
import { Link } from '../../shell/link.tsx';
import { text } from '../../text/catalogue.ts';
import type { PageProps } from '../pages.tsx';
import { BytesPanel } from './bytes-panel.tsx';
import { EvidencePanel } from './evidence-panel.tsx';
import './explanation.css';
import { FlowPanel } from './flow-panel.tsx';
import { OutcomePanel } from './outcome-panel.tsx';
import { RegistrationsPanel } from './registrations-panel.tsx';
import { RulesPanel } from './rules-panel.tsx';

const words = text.explanation;

/** The check by which a flow of a tunnel is confirmed by another one. */
const OF_TUNNEL = 'tunnel-confirmed';

export function ExplanationPage({ live, place }: PageProps) {
  const id = place.path.slice(place.path.lastIndexOf('/') + 1);
  const { data, problem, reload } = useApi<DecisionExplanation>(`/decisions/${id}`);
  return (
    <>
      <p class="screen-only">
        <Link to="/decisions">{words.back}</Link>
      </p>
      {problem !== null && <ErrorState problem={problem} retry={reload} />}
      {data === null ? problem === null && <Loading /> : <Explanation data={data} zone={live.zone} />}
    </>
  );
}

export interface PartProps {
  readonly data: DecisionExplanation;
  readonly zone: string;
}

function Explanation({ data, zone }: PartProps) {
  const { kept, now } = data;
  const { addresses } = kept.stock;
  const isEarlier = kept.decision.number < 1;
  const columns = decisionColumns({ zone, addresses, query: new URLSearchParams() });
  return (
    <>
      <Why data={data} />
      {(isEarlier || !now.same_policy) && (
        <Note severity="notice">
          <p>{isEarlier ? words.earlier : words.otherPolicy}</p>
        </Note>
      )}
      <div class="pair">
        <OutcomePanel data={data} zone={zone} />
        <FlowPanel data={data} zone={zone} />
      </div>
      <div class={now.covering === null ? 'pair' : 'grid'}>
        <RulesPanel data={data} zone={zone} />
        <RegistrationsPanel data={data} zone={zone} />
      </div>
      <div class="grid">
        <EvidencePanel data={data} zone={zone} />
        <BytesPanel data={data} zone={zone} />
        <Panel title={words.others.flow} size="wide">
          <DataTable
            caption={words.others.flowCaption(zoneName(zone))}
            columns={columns}
            rows={kept.flow}
            keyOf={({ number }) => number}
            isCards
            empty={words.others.empty}
          />
        </Panel>
        {kept.decision.tunnel_id !== null && (
          <Panel
            title={words.others.tunnel}
            size="wide"
            actions={<Link to={`/decisions?tunnel_id=${kept.decision.tunnel_id}`}>{words.flow.onlyTunnel}</Link>}
            footer={kept.tunnel_more > 0 ? words.others.more(count(kept.tunnel_more)) : undefined}
          >
            <DataTable
              caption={words.others.tunnelCaption(zoneName(zone))}
              columns={columns}
              rows={kept.tunnel}
              keyOf={({ number }) => number}
              isCards
              empty={words.others.empty}
            />
          </Panel>
        )}
      </div>
    </>
  );
}

/** Why, in sentences. */
function Why({ data: { kept } }: { data: DecisionExplanation }) {
  const { decision, evidence } = kept;
  const isDone = decision.mode === 'enforce' && (decision.held === null ? null : !decision.held);
  const { protocol, variant, stage } = decision;
  const last = evidence.at(-1);
  return (
    <div class="why">
      <p class="lead">{words.why(decision.action, isDone, decision.rule, decision.reason)}</p>
      <p>
        {words.finding(
          text.terms.protocols[protocol] ?? protocol,
          variant,
          (text.terms.stages[stage] ?? stage).toLowerCase(),
          last === undefined ? '' : last.check === OF_TUNNEL ? words.ofTunnel : words.check(last.check),
        )}
      </p>
    </div>
  );
}

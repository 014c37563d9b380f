/** The flow: its ends, its names in other programs, its traffic, and where to look on. */
import { Panel } from '../../component/panel.tsx';
import { bytes, count } from '../../format/number-format.ts';
import { Link } from '../../shell/link.tsx';
import { text } from '../../text/catalogue.ts';
import { shownIp } from '../decisions/decision-cells.tsx';
import type { PartProps } from './explanation-page.tsx';
import { Fact, Facts } from './facts.tsx';

const words = text.explanation.flow;
const MS_PER_SECOND = 1000;
/** Half of the span that the charts show around a decision. */
const AROUND_S = 1800;

export function FlowPanel({ data }: PartProps) {
  const { kept, now } = data;
  const { decision, vlan, encapsulation, filter, stock } = kept;
  const { source, destination } = decision;
  const place = now.places[decision.packet];
  const seconds = Math.floor(Date.parse(decision.time) / MS_PER_SECOND);
  const around = `/?from=${seconds - AROUND_S}&to=${seconds + AROUND_S}`;
  return (
    <Panel title={words.title} actions={<Link to={around}>{words.around}</Link>}>
      <Facts>
        <Fact name={words.from}>{words.port(shownIp(source.ip, stock.addresses), source.port)}</Fact>
        <Fact name={words.to}>{words.port(shownIp(destination.ip, stock.addresses), destination.port)}</Fact>
        <Fact name={words.transport}>{decision.proto}</Fact>
        {encapsulation.length > 0 && <Fact name={words.inside}>{encapsulation.join(', ')}</Fact>}
        {vlan.length > 0 && <Fact name={words.vlan}>{vlan.join(', ')}</Fact>}
        {now.flow !== null && (
          <Fact name={words.traffic}>
            {words.trafficOf(
              count(now.flow.packets_forth),
              count(now.flow.packets_back),
              bytes(now.flow.bytes_forth),
              bytes(now.flow.bytes_back),
            )}
          </Fact>
        )}
        <Fact name={words.packet}>
          {words.place(place?.packet ?? decision.packet, nameOf(place?.file ?? decision.file))}
        </Fact>
        <Fact name={words.flow}>
          <span class="mono">{decision.flow_id}</span>
        </Fact>
        {decision.tunnel_id !== null && (
          <Fact name={words.tunnel}>
            <Link to={`/decisions?tunnel_id=${decision.tunnel_id}`}>
              <span class="mono">{decision.tunnel_id}</span>
            </Link>
          </Fact>
        )}
        <Fact name={words.community}>
          <span class="mono">{decision.community_id}</span>
        </Fact>
        <Fact name={words.filter}>
          {filter === null ? <span class="muted">{words.filterHidden}</span> : <code>{filter}</code>}
        </Fact>
      </Facts>
    </Panel>
  );
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Panels of facts: the source, queues, the history, what is stored, and versions. */
import type { HealthDocument } from '../../../api/health-schema.ts';
import type { LiveDocument } from '../../../api/live-schema.ts';
import { SeverityBadge } from '../../component/badge.tsx';
import { type Fact, Facts } from '../../component/facts.tsx';
import { Meter } from '../../component/meter.tsx';
import { Panel } from '../../component/panel.tsx';
import { Time } from '../../component/time.tsx';
import { bytes, count, percent, span } from '../../format/number-format.ts';
import { problemIn } from '../../format/refusal-words.ts';
import { zonedTime } from '../../format/time-format.ts';
import { text } from '../../text/catalogue.ts';

const { health: words } = text;

interface Parts {
  readonly live: LiveDocument;
  readonly health: HealthDocument;
}

export function SourcePanel({ live: { source, now_ms: nowMs, zone, loss_bound: lossBound }, health }: Parts) {
  const { source: said } = words;
  const lost = Object.entries(health.lost).filter(([, number]) => number > 0);
  const facts: Fact[] = [
    [said.kind, said.kinds[source.kind] ?? source.kind],
    [said.reader, source.backend],
    [said.state, <State key="state" problem={problemIn(source)} fine={said.fine} />],
    [said.lastPacket, <Time key="time" ms={nowMs} zone={zone} />],
    [said.lost, named(lost, (name) => said.by(name)) || count(0)],
    [said.lossBound, percent(lossBound)],
    [said.restarts, count(source.restarts)],
    [said.gap, span(source.gap_seconds)],
    [said.stalls, count(source.stalls)],
    [said.files, named(Object.entries(source.files), (name) => said.fileStates[name] ?? name) || count(0)],
    [said.jumps, count(health.time_jumps)],
    [said.clockSet, count(health.clock_set)],
  ];
  return (
    <Panel title={said.title}>
      <Facts facts={facts} />
    </Panel>
  );
}

export function QueuesPanel({ live: { lag, counts, history }, health }: Parts) {
  const { queues: said } = words;
  return (
    <Panel title={said.title}>
      <Meter name={said.flows} value={health.flows} limit={health.flow_capacity} format={count} />
      <Facts
        facts={[
          [said.evicted, count(counts.flows_evicted)],
          [said.lag, lag === null ? said.notLive : span(lag.last)],
          [said.waiting, count(history.waiting)],
          [said.memory, bytes(health.memory_bytes)],
        ]}
      />
    </Panel>
  );
}

export function HistoryPanel({ live: { history, zone } }: { live: LiveDocument }) {
  const { history: said } = words;
  const { since_ms: sinceMs, set_aside: aside } = history;
  const problem = problemIn(history);
  const shown = problem === null || sinceMs === null ? problem : said.since(problem, zonedTime(sinceMs, zone));
  return (
    <Panel title={said.title}>
      <Facts
        facts={[
          [said.state, <State key="state" problem={shown} fine={said.fine} />],
          [said.written, count(history.written)],
          [said.waiting, count(history.waiting)],
          [said.lost, count(history.lost)],
          [said.lostChanges, count(history.lost_changes)],
          [said.restarts, count(history.restarts)],
          ...(aside === null
            ? []
            : [[said.setAside, said.setAsideAt(zonedTime(aside.at_ms, zone), aside.file ?? said.noFile)] as const]),
        ]}
      />
    </Panel>
  );
}

export function StatePanel({ live: { reloads }, health }: Parts) {
  const { state: said } = words;
  return (
    <Panel title={said.title}>
      <Facts
        facts={[
          [said.failures, count(health.state_failures)],
          [said.reloads, named(Object.entries(reloads), (name) => said.reloadResults[name] ?? name)],
          [said.notices, named(Object.entries(health.notices), (name) => said.noticeResults[name] ?? name)],
        ]}
      />
    </Panel>
  );
}

export function VersionsPanel({ live, health: { versions } }: Parts) {
  const { versions: said } = words;
  const { policy, registry, zone } = live;
  const named = (name: string, version: number | null): string =>
    version === null ? name : said.numbered(name, String(version));
  return (
    <Panel title={said.title}>
      <Facts
        facts={[
          [said.sluice, versions.sluice],
          [said.node, versions.node],
          [said.running, <Time key="running" ms={live.started_ms} zone={zone} />],
          [said.policy, <Hashed key="policy" name={named(policy.name, versions.policy)} hash={policy.sha256} />],
          [
            said.registry,
            <Hashed
              key="registry"
              name={named(said.rows(count(registry.rows), count(registry.in_force)), versions.registry)}
              hash={registry.sha256}
            />,
          ],
          [said.pair, <Hashed key="pair" name="" hash={live.rules_sha256} />],
          [said.loaded, <Time key="loaded" ms={registry.loaded_ms} zone={zone} />],
          [said.changed, <Time key="changed" ms={registry.changed_ms} zone={zone} />],
          [said.history, String(versions.history_schema)],
        ]}
      />
    </Panel>
  );
}

function Hashed({ name, hash }: { name: string; hash: string }) {
  return (
    <>
      {name} <code title={hash}>{hash.slice(0, SHOWN_OF_HASH)}…</code>
    </>
  );
}

const SHOWN_OF_HASH = 12;

function State({ problem, fine }: { problem: string | null; fine: string }) {
  return problem === null ? (
    <SeverityBadge severity="good" word={fine} />
  ) : (
    <>
      <SeverityBadge severity="critical" /> {problem}
    </>
  );
}

/** `12 read, 3 waiting`, without those that are 0; the first one with its 0 if all are. */
function named(counts: readonly (readonly [string, number])[], nameOf: (name: string) => string): string {
  const some = counts.filter(([, number]) => number > 0);
  const shown = some.length > 0 ? some : counts.slice(0, 1);
  return shown.map(([name, number]) => `${count(number)} ${nameOf(name)}`).join(', ');
}

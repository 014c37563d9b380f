/** What the draft would do, in one look: registered users first. */
import type { RulesDocument, ShadowView } from '../../../api/rules-schema.ts';
import { ChangeFiguresView } from '../../action/verdict-figures.tsx';
import { ActionBadge } from '../../component/badge.tsx';
import { DataTable } from '../../component/data-table.tsx';
import { CommandWords } from '../../component/command-words.tsx';
import { Empty } from '../../component/empty.tsx';
import { Note } from '../../component/note.tsx';
import { Panel } from '../../component/panel.tsx';
import { clients, count } from '../../format/number-format.ts';
import { zonedTime } from '../../format/time-format.ts';
import { text } from '../../text/catalogue.ts';

const words = text.rulesPage;

interface DraftPanelProps {
  readonly document: RulesDocument;
  readonly zone: string;
  /** The reader can begin a draft here. */
  readonly mayAct: boolean;
  readonly isReplayed: boolean;
}

export function DraftPanel({ document: { shadow }, zone, mayAct, isReplayed }: DraftPanelProps) {
  const how = isReplayed ? words.beginsReplayed : mayAct ? words.beginsHere : words.beginsElsewhere;
  return (
    <Panel title={words.draftTitle} size="wide">
      {shadow === null ? (
        <Empty>
          {words.noDraft} <CommandWords words={how} />
        </Empty>
      ) : (
        <Draft shadow={shadow} zone={zone} />
      )}
    </Panel>
  );
}

function Draft({ shadow, zone }: { shadow: ShadowView; zone: string }) {
  const hour = shadow.last_hour;
  const registered = hour.registered_hit + hour.deregistered;
  const trips = shadow.would_trip.length;
  const parts = Object.entries(shadow.rules)
    .filter(([, number]) => number > 0)
    .map(([status, number]) => words.draftPart(number, words.statuses[status]!.toLowerCase()))
    .join(', ');
  return (
    <>
      <Note severity={registered > 0 ? 'critical' : trips > 0 ? 'warning' : 'good'}>
        <p>
          <strong>{registered === 0 ? words.draftNobody : words.draftSomebody(clients(registered))}</strong>{' '}
          {words.draftHits(clients(hour.newly_hit), clients(hour.no_longer_hit))}{' '}
          {trips === 0 ? words.draftNoTrip : words.draftTrips(trips)}
        </p>
      </Note>
      <p class="small muted rules-heading">
        {words.draftName(shadow.policy.name, zonedTime(shadow.since_ms, zone))} {words.draftRules(parts)}{' '}
        {shadow.own_registry && words.draftOwnRegistry}
      </p>
      <h3 class="rules-heading">{words.lastHour}</h3>
      <ChangeFiguresView figures={hour} />
      <div class="draft-tables">
        <HitsByRule hits={hour.hits_by_rule} />
        <FlowsByAction actions={hour.actions} />
      </div>
      <h3 class="rules-heading">{words.sinceBegan}</h3>
      <ChangeFiguresView figures={shadow.since_began} />
    </>
  );
}

function HitsByRule({ hits }: { hits: Readonly<Record<string, number | null>> }) {
  const rows = Object.entries(hits);
  if (rows.length === 0) return null;
  return (
    <DataTable
      caption={text.change.byRule}
      empty=""
      rows={rows}
      keyOf={([rule]) => rule}
      columns={[
        { key: 'rule', title: text.change.rule, isName: true, cell: ([rule]) => rule, sortBy: ([rule]) => rule },
        {
          key: 'clients',
          title: text.change.clients,
          isNumber: true,
          cell: ([, number]) => (number === null ? text.change.notShown : clients(number)),
          sortBy: ([, number]) => number,
        },
      ]}
    />
  );
}

function FlowsByAction({ actions }: { actions: Readonly<Record<string, number>> }) {
  const rows = Object.entries(actions).map(([pair, flows]) => {
    const [before = '', after = ''] = pair.split('-');
    return { pair, before, after, flows };
  });
  if (rows.length === 0) return null;
  return (
    <DataTable
      caption={text.change.actions}
      empty=""
      rows={rows}
      keyOf={({ pair }) => pair}
      columns={[
        { key: 'before', title: text.change.before, cell: ({ before }) => <ActionBadge action={before} /> },
        { key: 'after', title: text.change.after, cell: ({ after }) => <ActionBadge action={after} /> },
        {
          key: 'flows',
          title: text.change.flows,
          isNumber: true,
          cell: ({ flows }) => count(flows),
          sortBy: ({ flows }) => flows,
        },
      ]}
    />
  );
}

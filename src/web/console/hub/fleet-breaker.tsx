/** The breaker of the fleet: whether it has tripped, and what is used and lent of each limit. */
import type { HubDocument } from '../../api/hub-schema.ts';
import { CommandWords } from '../component/command-words.tsx';
import { type Column, DataTable } from '../component/data-table.tsx';
import { Note } from '../component/note.tsx';
import { Panel } from '../component/panel.tsx';
import { count, spanInWords } from '../format/number-format.ts';
import { zonedTime } from '../format/time-format.ts';
import { text } from '../text/catalogue.ts';
import './fleet-breaker.css';

const words = text.hub.breaker;
type Breaker = NonNullable<HubDocument['fleet_breaker']>;
type Limit = Breaker['limits'][number];

export function FleetBreaker({ breaker, zone }: { readonly breaker: Breaker; readonly zone: string }) {
  const { lends, tripped_ms: tripped, limits, sensors } = breaker;
  return (
    <Panel title={words.title} size="wide">
      {tripped !== null && (
        <Note severity="critical">
          <p>
            <CommandWords words={words.tripped(zonedTime(tripped, zone))} />
          </p>
        </Note>
      )}
      {!lends && (
        <Note severity="warning">
          <p>{words.idle}</p>
        </Note>
      )}
      {lends && (
        <div class="lent">
          {tripped === null && <p>{words.lends(sensors)}</p>}
          <DataTable<Limit>
            caption={words.caption}
            rows={limits}
            keyOf={({ limit }) => limit}
            empty={words.idle}
            columns={COLUMNS}
          />
        </div>
      )}
    </Panel>
  );
}

const COLUMNS: readonly Column<Limit>[] = [
  { key: 'limit', title: words.columns.limit, cell: limitWords, isName: true },
  { key: 'used', title: words.columns.used, cell: ({ used }) => clients(used), isNumber: true },
  { key: 'lent', title: words.columns.lent, cell: ({ lent }) => clients(lent), isNumber: true },
  { key: 'clients', title: words.columns.clients, cell: ({ clients: allowed }) => count(allowed), isNumber: true },
];

function clients(number: number | null): string {
  return number === null ? words.few : count(number);
}

/** `500 within 60 seconds` of `500/60s`. */
function limitWords({ limit, clients: allowed }: Limit): string {
  const window = limit.slice(limit.indexOf('/') + 1);
  const seconds = /^(\d+)s$/.exec(window)?.[1];
  return words.limit(count(allowed), seconds === undefined ? window : spanInWords(Number(seconds)));
}

/** Tables of many rows, and of texts that a format treats specially, as DuckDB reads them. */
import { DuckDBInstance } from '@duckdb/node-api';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formatMicros } from '../../src/core/units.ts';
import { openEvents } from '../../src/output/table/event-output.ts';
import { GROUP_ROWS } from '../../src/output/table/parquet-rows.ts';
import { columnsOf } from '../../src/output/table/table-columns.ts';
import { tableFormatOf } from '../../src/output/table/table-format.ts';
import { SeededRandom } from '../kit/random.mjs';

const folder = mkdtempSync(join(tmpdir(), 'sluice-tables-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const connection = await (await DuckDBInstance.create()).connect();
const query = async (sql: string): Promise<unknown[]> => (await connection.runAndReadAll(sql)).getRowObjectsJson();

const random = new SeededRandom(7);
const TEXTS = [
  'a',
  '',
  '"',
  'a,b',
  'x\r\ny',
  '\n',
  '=1+1',
  ' padded ',
  'банк 🏦',
  '\u2028',
  'null',
  '""',
  "it's",
  '\t',
];
const START_US = 1_731_261_600_000_000;

interface TestEvent {
  readonly timestamp: string;
  readonly pcap_filename: string;
  readonly pcap_cnt: number;
  readonly src_port?: number;
  readonly flow: { readonly duration: number; readonly bytes_toserver: number };
  readonly vlan?: readonly number[];
}

/** The fields of a flow event that are of interest; the others that must not be missing have a value each. */
function event(row: number): TestEvent {
  return {
    ...{ event_type: 'flow', flow_id: '0'.repeat(16), src_ip: '192.0.2.1', dest_ip: '192.0.2.2', proto: 'UDP' },
    community_id: '1:',
    timestamp: formatMicros(START_US + row),
    pcap_filename: TEXTS[random.below(TEXTS.length)]!,
    pcap_cnt: row + 1,
    ...(random.below(2) === 0 ? {} : { src_port: random.below(65_536) }),
    ...(random.below(4) === 0 ? { vlan: [1, random.below(4096)] } : {}),
    flow: {
      ...{ pkts_toserver: 1, pkts_toclient: 1, bytes_toclient: 1, reason: 'timeout' },
      start: formatMicros(START_US),
      end: formatMicros(START_US + row),
      bytes_toserver: random.below(3) === 0 ? Number.MAX_SAFE_INTEGER - row : row,
      duration: row / 1e6,
    },
  } as TestEvent;
}

async function written(name: string, rows: number): Promise<{ path: string; events: TestEvent[] }> {
  const path = join(folder, name);
  const output = await openEvents(path, 'flow');
  const events: TestEvent[] = [];
  for (let row = 0; row < rows; row++) {
    events.push(event(row));
    output.write(events.at(-1)!);
    if (row % 5000 === 0) await output.settle();
  }
  await output.close();
  return { path, events };
}

const READ = `SELECT epoch_us(timestamp)::VARCHAR AS us, pcap_filename AS file, pcap_cnt::VARCHAR AS cnt,
  src_port::INTEGER AS port, vlan, flow_bytes_toserver::VARCHAR AS bytes, flow_duration AS duration FROM`;

function shown(sent: TestEvent, row: number): object {
  return {
    us: String(START_US + row),
    file: sent.pcap_filename,
    cnt: String(sent.pcap_cnt),
    port: sent.src_port ?? null,
    vlan: sent.vlan === undefined ? null : JSON.stringify(sent.vlan),
    bytes: String(sent.flow.bytes_toserver),
    duration: sent.flow.duration,
  };
}

describe('a Parquet file', () => {
  it('of more rows than a group has several groups, and every value', async () => {
    const { path, events } = await written('many.parquet', 2 * GROUP_ROWS + 100);
    expect(await query(`SELECT DISTINCT row_group_num_rows::INTEGER AS rows FROM parquet_metadata('${path}')`)).toEqual(
      expect.arrayContaining([{ rows: GROUP_ROWS }, { rows: 100 }]),
    );
    expect(await query(`${READ} '${path}'`)).toEqual(events.map(shown));
  });

  it('is smaller than the same events as lines', async () => {
    const [{ path: table }, { path: lines }] = [
      await written('small.parquet', 5000),
      await written('small.jsonl', 5000),
    ];
    expect(statSync(table).size * 5).toBeLessThan(statSync(lines).size);
  });
});

describe('a CSV file', () => {
  it('has every value, whatever its characters', async () => {
    const { path, events } = await written('texts.csv', 3000);
    // Quotes tell an empty text from null.
    const dialect = `auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', allow_quoted_nulls = false`;
    const columns = columnsOf('flow').map(({ name }) => `'${name}': 'VARCHAR'`);
    const select = READ.replace('timestamp', 'timestamp::TIMESTAMPTZ').replace('duration', 'duration::DOUBLE');
    const rows = await query(`${select} read_csv('${path}', ${dialect}, columns = {${columns.join(', ')}})`);
    expect(rows).toEqual(events.map(shown));
  });
});

describe('the ending of a name', () => {
  it.each([
    ['a.parquet', 'parquet'],
    ['A.CSV', 'csv'],
    ['a.csv.jsonl', null],
    ['a.jsonl', null],
    ['parquet', null],
    ['.csv', null],
    ['-', null],
  ])('of %s makes it %s', (path, format) => {
    expect(tableFormatOf(path)).toBe(format);
  });
});

/** Tables of events as a user reads them: DuckDB opens Parquet and CSV, and gets the values of the JSON Lines. */
import { DuckDBInstance } from '@duckdb/node-api';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventsSchema } from '../kit/event-validator.ts';
import { ended, jsonLines, sluice, start, temporaryFolder, untilWritten } from './sluice.ts';

const folder = temporaryFolder();
const inFolder = (name: string): string => join(folder, name);

const OPEN = inFolder('open.yaml');
writeFileSync(OPEN, 'name: "=1+1, \\"open\\""\nmode: enforce\nrules:\n  - { name: all, action: block }\n');
const RULES = ['--policy', 'rules/policy.yaml', '--policy', OPEN];
/** A holder with all that CSV and spreadsheets treat specially, and one that is no ASCII. */
const REGISTRY = inFolder('registry.csv');
writeFileSync(
  REGISTRY,
  `${readFileSync('rules/registry.csv', 'utf8').split('\n')[0]!}\n198.51.100.0/28,"=cmd, ""quoted"" банк",bank,,2021-03-01,,@OW-1\n`,
);

type Row = Readonly<Record<string, unknown>>;
const KINDS = ['decision', 'flow', 'change'] as const;
type Kind = (typeof KINDS)[number];

const connection = await (await DuckDBInstance.create()).connect();
await connection.run("SET TimeZone = 'UTC'");

async function query(sql: string): Promise<Row[]> {
  return (await connection.runAndReadAll(sql)).getRowObjectsJson();
}

/** The rows of a file. CSV has no types, so they are given. */
function from(kind: Kind, format: string, path: string): string {
  if (format === 'parquet') return `read_parquet('${path}')`;
  const types = expectedColumns(kind).map(({ name, type }) => `'${name}': '${type}'`);
  return `read_csv('${path}', columns = {${types.join(', ')}}, header = true)`;
}

interface SchemaPart {
  readonly type?: string;
  readonly format?: string;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SchemaPart>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly SchemaPart[];
}

/** A column by the published schema: the path of its field and DuckDB's type. */
interface Expected {
  readonly name: string;
  readonly path: readonly string[];
  readonly type: string;
  readonly isRequired: boolean;
}

function duckType({ type, format, maximum = Infinity }: SchemaPart): string {
  if (type === 'integer') return maximum < 2 ** 31 ? 'INTEGER' : 'BIGINT';
  if (type === 'number') return 'DOUBLE';
  if (type === 'boolean') return 'BOOLEAN';
  return format === 'date-time' ? 'TIMESTAMP WITH TIME ZONE' : 'VARCHAR';
}

function expectedBelow(part: SchemaPart, path: readonly string[], isRequired: boolean): Expected[] {
  const { properties, required = [], anyOf } = part;
  if (anyOf !== undefined)
    return expectedBelow(
      anyOf.find(({ type }) => type !== 'null')!,
      path,
      false,
    );
  if (properties === undefined) return [{ name: path.join('_'), path, type: duckType(part), isRequired }];
  return Object.entries(properties).flatMap(([name, field]) =>
    expectedBelow(field, [...path, name], isRequired && required.includes(name)),
  );
}

const expectedColumns = (kind: Kind): Expected[] =>
  expectedBelow(eventsSchema.$defs[kind]!, [], true).filter(({ name }) => name !== 'seq');

function valueAt(event: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Row | null | undefined)?.[name], event) ?? null;
}

/** A value of JSON Lines as DuckDB shows the column: whole numbers of 64 bits and times as texts. */
function asDuck(value: unknown, type: string): unknown {
  if (value === null) return null;
  if (type === 'BIGINT') return JSON.stringify(value);
  if (type === 'VARCHAR' && typeof value === 'object') return JSON.stringify(value);
  if (type !== 'TIMESTAMP WITH TIME ZONE') return value;
  return `${(value as string).replace('T', ' ').replace(/\.?0*Z$/, '')}+00`;
}

function rowsOf(kind: Kind, jsonPath: string): Row[] {
  const columns = expectedColumns(kind);
  return jsonLines(readFileSync(jsonPath, 'utf8')).map((event) =>
    Object.fromEntries(columns.map(({ name, path, type }) => [name, asDuck(valueAt(event, path), type)])),
  );
}

/** Writes decisions, flows and changes into files of one format. */
async function write(
  name: string,
  format: string,
  captures: string,
  ...more: string[]
): Promise<Readonly<Record<Kind, string>>> {
  const [decision, flow, change] = KINDS.map((kind) => inFolder(`${name}-${kind}.${format}`)) as [
    string,
    string,
    string,
  ];
  const common = ['--quiet', ...more];
  const outputs = ['--decisions', decision, '--flows', flow];
  const replayed = await sluice(['replay', captures, ...outputs, '--registry', REGISTRY, ...common]);
  expect(replayed.code, replayed.stderr).toBe(0);
  const compared = await sluice([
    'compare',
    captures,
    ...RULES,
    '--changes',
    change,
    '--registry',
    REGISTRY,
    ...common,
  ]);
  expect(compared.code, compared.stderr).toBe(0);
  return { decision, flow, change };
}

/** The same events in each format. */
const files: Partial<Record<string, Readonly<Record<Kind, string>>>> = {};
beforeAll(async () => {
  for (const format of ['jsonl', 'parquet', 'csv'])
    files[format] = await write('all', format, 'captures', '--each', '--site', 'lahore-1');
});

describe.each(['parquet', 'csv'])('%s', (format) => {
  it.each(KINDS)('of each %s has the columns of the schema, with its types', async (kind) => {
    const described = await query(`DESCRIBE SELECT * FROM ${from(kind, format, files[format]![kind])}`);
    expect(described.map(({ column_name, column_type }) => [column_name, column_type])).toEqual(
      expectedColumns(kind).map(({ name, type }) => [name, type]),
    );
    expect(new Set(described.map(({ column_name }) => column_name)).size).toBe(described.length);
  });

  it.each(KINDS)('of each %s has the values of the JSON Lines', async (kind) => {
    const expected = rowsOf(kind, files.jsonl![kind]);
    expect(expected.length).toBeGreaterThan(1000);
    expect(await query(`SELECT * FROM ${from(kind, format, files[format]![kind])}`)).toEqual(expected);
  });
});

describe('a Parquet file', () => {
  it('says which columns have a value in every row', async () => {
    const described = await query(
      `SELECT name, repetition_type FROM parquet_schema('${files.parquet!.decision}') WHERE type <> ''`,
    );
    expect(described.map(({ name, repetition_type }) => [name, repetition_type])).toEqual(
      expectedColumns('decision').map(({ name, isRequired }) => [name, isRequired ? 'REQUIRED' : 'OPTIONAL']),
    );
  });

  it('names the version of the schema, and the event', async () => {
    const metadata = await query(
      `SELECT decode(key) AS k, decode(value) AS v FROM parquet_kv_metadata('${files.parquet!.flow}')`,
    );
    expect(metadata).toEqual([
      { k: 'sluice.schema', v: eventsSchema.$id },
      { k: 'sluice.event_type', v: 'flow' },
    ]);
  });

  it('is byte-identical for every number of threads', async () => {
    const [one, ...others] = [
      await write('one', 'parquet', 'captures/openvpn', '--workers', '1'),
      await write('two', 'parquet', 'captures/openvpn', '--workers', '2'),
      await write('three', 'parquet', 'captures/openvpn', '--workers', '3'),
    ];
    for (const kind of KINDS) {
      const bytes = readFileSync(one[kind]);
      expect(bytes.length).toBeGreaterThan(10_000);
      for (const other of others) expect(readFileSync(other[kind]).equals(bytes), kind).toBe(true);
    }
  });

  it('is closed and whole after a signal', async () => {
    const [decisions, flows] = [inFolder('signal.jsonl'), inFolder('signal.parquet')];
    const child = start(['replay', '-', '--quiet', '--decisions', decisions, '--flows', flows]);
    const result = ended(child);
    // The end of the capture is missing: the command waits for it.
    child.stdin!.write(readFileSync('captures/wireguard/two-messages.pcap').subarray(0, -10));
    await untilWritten(decisions, 1);
    child.kill('SIGINT');
    expect((await result).code).toBe(130);
    expect(await query(`SELECT vpn_protocol, flow_pkts_toserver AS packets FROM '${flows}'`)).toEqual([
      { vpn_protocol: 'wireguard', packets: '1' },
    ]);
  });

  it('has its columns if no row was written', async () => {
    const path = inFolder('none.parquet');
    const { code } = await sluice(['replay', 'captures/negative', '--each', '--decisions', path, '--quiet']);
    expect(code).toBe(0);
    expect(await query(`SELECT count(*)::INTEGER AS rows FROM '${path}'`)).toEqual([{ rows: 0 }]);
    expect((await query(`DESCRIBE SELECT * FROM '${path}'`)).length).toBe(expectedColumns('decision').length);
  });

  it('holds what was read of a capture that is cut', async () => {
    const whole = readFileSync('captures/wireguard/two-messages.pcap');
    const [capture, path] = [inFolder('cut.pcap'), inFolder('cut.parquet')];
    writeFileSync(capture, whole.subarray(0, -10));
    const { code } = await sluice(['replay', capture, '--flows', path, '--quiet']);
    expect(code).toBe(4);
    expect(await query(`SELECT flow_pkts_toserver + flow_pkts_toclient AS packets FROM '${path}'`)).toEqual([
      { packets: '1' },
    ]);
  });

  it('is named when its disk is full', async () => {
    for (const format of ['parquet', 'csv']) {
      const path = inFolder(`full.${format}`);
      symlinkSync('/dev/full', path);
      const { code, stderr } = await sluice(['replay', 'captures', '--each', '--flows', path, '--quiet']);
      expect([code, stderr]).toEqual([1, expect.stringContaining(`cannot write ${path}: `) as string]);
      expect(stderr).toContain('no space left on device');
    }
  });
});

describe('a CSV file', () => {
  it('has a header and quotes, and changes no value', () => {
    const text = readFileSync(files.csv!.decision, 'utf8');
    expect(text.slice(0, text.indexOf('\r\n'))).toBe(
      expectedColumns('decision')
        .map(({ name }) => name)
        .join(','),
    );
    expect(text).toContain(',"=cmd, ""quoted"" банк",bank,@OW-1,');
    expect(text.endsWith(',lahore-1,,\r\n')).toBe(true);
  });
});

describe('outputs that are tables', () => {
  it('are refused by run, whose logs are appended to', async () => {
    for (const format of ['parquet', 'CSV']) {
      const args = ['run', '-', '--state', 'none', '--decisions', inFolder(`log.${format}`)];
      const { code, stderr } = await sluice(args);
      expect(code).toBe(2);
      expect(stderr).toContain(`the name says .${format.toLowerCase()}`);
    }
  });

  it('say nothing of what --addresses hides', async () => {
    const { decision, change } = await write(
      'hidden',
      'csv',
      'captures/wireguard',
      '--each',
      '--addresses',
      'truncated',
    );
    for (const path of [decision, change]) {
      const text = readFileSync(path, 'utf8');
      expect(text).toContain('registration-1');
      expect(text).not.toMatch(/198\.51\.100\.[1-9]|cmd|OW-1/);
    }
  });
});

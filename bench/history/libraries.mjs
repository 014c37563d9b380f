/**
 * Compares libraries for SQLite by what a history does: the transaction of a minute with 200 series, and a chart from
 * 100,000 rows. Run it with the Node whose `node:sqlite` is to be measured; a library that is not installed is left out.
 *
 *   npm install --prefix ../libraries better-sqlite3@12 node-sqlite3-wasm
 *   node bench/history/libraries.mjs ../libraries
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const own = createRequire(import.meta.url);
const others = createRequire(join(resolve(process.argv[2] ?? '.'), 'package.json'));
const SERIES = 200;
const HOURS = 500;
const MINUTES = 300;
const TURNS = 9;
const COUNTS = 8;
const names = Array.from({ length: COUNTS }, (_, i) => `c${i}`);

/** Each gives exec, a prepared run, and a prepared all that returns rows as arrays where the library can. */
const LIBRARIES = {
  libsql: () => common(new (own('libsql'))(file)),
  'better-sqlite3': () => common(new (others('better-sqlite3'))(file)),
  'node:sqlite': () => {
    const { DatabaseSync } = own('node:sqlite');
    const database = new DatabaseSync(file);
    return {
      exec: (sql) => database.exec(sql),
      run: (sql) => {
        const statement = database.prepare(sql);
        return (values) => statement.run(...values);
      },
      all: (sql) => {
        const statement = database.prepare(sql);
        statement.setReturnArrays?.(true);
        return (values) => statement.all(...values);
      },
      close: () => database.close(),
    };
  },
  'node-sqlite3-wasm': () => {
    const { Database } = others('node-sqlite3-wasm');
    const database = new Database(file);
    return {
      // It has no shared memory, and so no log of transactions.
      exec: (sql) => database.exec(sql.replace('PRAGMA journal_mode = WAL;', '')),
      run: (sql) => {
        const statement = database.prepare(sql);
        return (values) => statement.run(values);
      },
      all: (sql) => {
        const statement = database.prepare(sql);
        return (values) => statement.all(values);
      },
      close: () => database.close(),
    };
  },
};

function common(database) {
  return {
    exec: (sql) => database.exec(sql),
    run: (sql) => {
      const statement = database.prepare(sql);
      return (values) => statement.run(...values);
    },
    all: (sql) => {
      const statement = database.prepare(sql).raw();
      return (values) => statement.all(...values);
    },
    close: () => database.close(),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-libraries-'));
let file = '';

function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)].toFixed(1);
}

function measured(times, work) {
  return Array.from({ length: times }, (_, at) => {
    const began = performance.now();
    work(at);
    return performance.now() - began;
  });
}

function measure(open) {
  const database = open();
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;
    CREATE TABLE roll_up (level INTEGER NOT NULL, time INTEGER NOT NULL, series INTEGER NOT NULL,
      ${names.map((name) => `${name} INTEGER NOT NULL`).join(', ')}, PRIMARY KEY (level, time, series)) WITHOUT ROWID;
    CREATE TEMP TABLE chosen (series INTEGER PRIMARY KEY, name INTEGER)`);
  const sums = names.map((name) => `${name} = ${name} + excluded.${name}`).join(', ');
  const add = database.run(
    `INSERT INTO roll_up VALUES (?, ?, ?, ${names.map(() => '?').join(', ')}) ON CONFLICT DO UPDATE SET ${sums}`,
  );
  const choose = database.run('INSERT INTO chosen VALUES (?, ?)');
  for (let series = 0; series < SERIES; series++) choose([series, series % 3]);
  database.exec('BEGIN');
  for (let hour = 0; hour < HOURS; hour++)
    for (let series = 0; series < SERIES; series++)
      add([1, hour * 3600, series, 1, 2, 300, 4e5 + series, 0, 0, 0, hour]);
  database.exec('COMMIT');
  const writes = measured(MINUTES, (minute) => {
    database.exec('BEGIN IMMEDIATE');
    for (const [level, length] of [60, 3600, 86_400].entries())
      for (let series = 0; series < SERIES; series++)
        add([level, 1e9 + Math.floor((minute * 60) / length) * length, series, 1, 2, 300, 4e5, 0, 0, 0, minute]);
    database.exec('COMMIT');
  });
  const byName = database.all(
    `SELECT time, name, sum(c2) FROM roll_up CROSS JOIN chosen ON chosen.series = roll_up.series
     WHERE level = ? AND time >= ? AND time < ? GROUP BY time, name`,
  );
  const rows = database.all('SELECT time, series, c2 FROM roll_up WHERE level = ? AND time >= ? AND time < ?');
  const span = [1, 0, HOURS * 3600];
  let count = 0;
  const charts = measured(TURNS, () => (count += byName(span).length));
  const reads = measured(TURNS, () => (count += rows(span).length));
  if (count !== TURNS * HOURS * (3 + SERIES)) throw new Error('rows are missing');
  database.close();
  return [writes, charts, reads];
}

process.stdout.write(`Node ${process.version}. Times in ms: p50 / p95.\n\n`);
process.stdout.write(
  '| library | a minute, 600 rows | chart from 100,000 rows | 100,000 rows to JavaScript |\n| --- | --- | --- | --- |\n',
);
for (const [name, open] of Object.entries(LIBRARIES)) {
  file = join(folder, `${name.replaceAll(/\W/g, '-')}.db`);
  try {
    const cells = measure(open).map((times) => `${percentile(times, 0.5)} / ${percentile(times, 0.95)}`);
    process.stdout.write(`| ${name} | ${cells.join(' | ')} |\n`);
  } catch (error) {
    process.stdout.write(`| ${name} | ${error.message.split('\n')[0]} | | |\n`);
  }
}
rmSync(folder, { recursive: true });

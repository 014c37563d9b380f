/** What the database of a history has, to compare two of them. */
import Database from 'libsql';

/** All that a history has counted, with names in place of numbers. */
export function contentOf(path: string): Record<string, unknown[]> {
  const database = new Database(path);
  const rows = (sql: string): unknown[] => database.prepare(sql).raw().all();
  const place = "(SELECT isp || '/' || site || '/' || link FROM place WHERE id = place)";
  const content = {
    series: rows(
      `SELECT level, time, (SELECT isp || '/' || site FROM place WHERE id = series.place), protocol, stage, action, rule,
       registered, sector, mode, flows, decisions, packets, bytes, delayed_packets, delayed_bytes, dropped_packets,
       dropped_bytes FROM roll_up JOIN series ON series.id = series ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10`,
    ),
    coverage: rows(
      `SELECT level, time, ${place}, seconds, packets, bytes, lost_packets, undecoded_packets, lost_lines, lag_us,
       active_flows FROM coverage ORDER BY 1, 2, 3`,
    ),
    harm: rows(`SELECT level, time, ${place}, kind, outcome, count FROM harm ORDER BY 1, 2, 3, 4, 5`),
    clients: rows(`SELECT level, time, ${place}, action, hex(sketch) FROM clients ORDER BY 1, 2, 3, 4`).map((row) => {
      const [level, time, at, action, sketch] = row as [number, number, string, string, string];
      // Exact hashes are in the order of their coming.
      const hashes = sketch.startsWith('00') ? (sketch.slice(2).match(/.{16}/g) ?? []).sort() : sketch;
      return [level, time, at, action, hashes];
    }),
    changes: rows(`SELECT time_us, ${place}, kind, fields FROM change ORDER BY 1, 2`),
  };
  database.close();
  return content;
}

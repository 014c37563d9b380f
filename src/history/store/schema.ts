/**
 * The tables of a history. A database has the number of its schema in `user_version`; each migration leads from one
 * number to the next, and the first one makes a database. What has been released is never changed: add a migration.
 */
import { SERIES_COUNTS } from '../roll-up.ts';

const origin = ['site', 'isp', 'link'].map((name) => `${name} TEXT NOT NULL`).join(', ');
const counts = SERIES_COUNTS.map((name) => `${name} INTEGER NOT NULL`).join(', ');

export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE place (id INTEGER PRIMARY KEY, ${origin}, UNIQUE (site, isp, link));
  CREATE TABLE series (
    id INTEGER PRIMARY KEY, place INTEGER NOT NULL REFERENCES place, protocol TEXT NOT NULL, stage TEXT NOT NULL,
    action TEXT NOT NULL, rule TEXT NOT NULL, registered TEXT NOT NULL, sector TEXT NOT NULL, mode TEXT NOT NULL,
    UNIQUE (place, protocol, stage, action, rule, registered, sector, mode)
  );
  CREATE TABLE roll_up (
    level INTEGER NOT NULL, time INTEGER NOT NULL, series INTEGER NOT NULL REFERENCES series, ${counts},
    PRIMARY KEY (level, time, series)
  ) WITHOUT ROWID;
  CREATE TABLE coverage (
    level INTEGER NOT NULL, time INTEGER NOT NULL, place INTEGER NOT NULL REFERENCES place, seconds INTEGER NOT NULL,
    packets INTEGER NOT NULL, bytes INTEGER NOT NULL, lost_packets INTEGER NOT NULL, undecoded_packets INTEGER NOT NULL,
    lost_lines INTEGER NOT NULL, lag_us INTEGER NOT NULL, active_flows INTEGER NOT NULL,
    PRIMARY KEY (level, time, place)
  ) WITHOUT ROWID;
  CREATE TABLE clients (
    level INTEGER NOT NULL, time INTEGER NOT NULL, place INTEGER NOT NULL REFERENCES place, action TEXT NOT NULL,
    sketch BLOB NOT NULL, PRIMARY KEY (level, time, place, action)
  ) WITHOUT ROWID;
  CREATE TABLE harm (
    level INTEGER NOT NULL, time INTEGER NOT NULL, place INTEGER NOT NULL REFERENCES place, kind TEXT NOT NULL,
    outcome TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (level, time, place, kind, outcome)
  ) WITHOUT ROWID;
  CREATE TABLE change (
    id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, place INTEGER NOT NULL REFERENCES place, kind TEXT NOT NULL,
    fields TEXT NOT NULL
  );
  CREATE INDEX change_time ON change (time_us);
  `,
  // The last batch of each daemon's run, so that one whose answer was lost is not written twice; and broken histories
  // that this one follows; and incidents. The number says that the file is Sluice's ("Slce").
  `
  CREATE TABLE written (session TEXT PRIMARY KEY, batch INTEGER NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE set_aside (at_ms INTEGER NOT NULL, file TEXT, problem TEXT NOT NULL);
  PRAGMA application_id = 0x536c6365;
  CREATE TABLE incident (
    id INTEGER PRIMARY KEY, place INTEGER NOT NULL REFERENCES place, kind TEXT NOT NULL, subject TEXT NOT NULL,
    begin_us INTEGER NOT NULL, end_us INTEGER, latest_us INTEGER NOT NULL, fields TEXT NOT NULL
  );
  CREATE INDEX incident_begin ON incident (begin_us);
  CREATE INDEX incident_open ON incident (kind, subject) WHERE end_us IS NULL;
  `,
  // Policies in words, by the hash of their files: a report shows the rules of its period.
  'CREATE TABLE policy_text (sha256 TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID',
  // What waits to be shipped to a fleet (a number is never given twice); and on a hub, the sensors.
  `
  CREATE TABLE outbox (number INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT NOT NULL);
  CREATE TABLE sensor (
    isp TEXT NOT NULL, site TEXT NOT NULL, version TEXT NOT NULL, seen_ms INTEGER NOT NULL, offset_ms INTEGER,
    minute INTEGER, row_count INTEGER NOT NULL, refused INTEGER NOT NULL, PRIMARY KEY (isp, site)
  ) WITHOUT ROWID;
  `,
  // The number that was given before a row's; on a hub, the last row of each sensor that is written, and what the
  // message is of which a stream was read last: a stream that lost messages has another one there, or none.
  `
  ALTER TABLE outbox ADD COLUMN before INTEGER;
  ALTER TABLE sensor ADD COLUMN shipped INTEGER;
  CREATE TABLE stream_mark (stream TEXT PRIMARY KEY, mark TEXT NOT NULL) WITHOUT ROWID;
  `,
];

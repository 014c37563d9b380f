CREATE TABLE place (id INTEGER PRIMARY KEY, site TEXT NOT NULL, isp TEXT NOT NULL, link TEXT NOT NULL, UNIQUE (site, isp, link));
CREATE TABLE series (
    id INTEGER PRIMARY KEY, place INTEGER NOT NULL REFERENCES place, protocol TEXT NOT NULL, stage TEXT NOT NULL,
    action TEXT NOT NULL, rule TEXT NOT NULL, registered TEXT NOT NULL, sector TEXT NOT NULL, mode TEXT NOT NULL,
    UNIQUE (place, protocol, stage, action, rule, registered, sector, mode)
  );
CREATE TABLE roll_up (
    level INTEGER NOT NULL, time INTEGER NOT NULL, series INTEGER NOT NULL REFERENCES series, flows INTEGER NOT NULL, decisions INTEGER NOT NULL, packets INTEGER NOT NULL, bytes INTEGER NOT NULL, delayed_packets INTEGER NOT NULL, delayed_bytes INTEGER NOT NULL, dropped_packets INTEGER NOT NULL, dropped_bytes INTEGER NOT NULL,
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
INSERT INTO place VALUES (1, 'karachi-1', 'isp-a', 'east');
INSERT INTO series VALUES (1, 1, 'wireguard', 'suspected', 'allow', 'registered', 'destination', 'bank', 'observe');
INSERT INTO series VALUES (2, 1, 'wireguard', 'confirmed', 'allow', 'registered', 'destination', 'bank', 'observe');
INSERT INTO roll_up VALUES (0, 1795324740, 1, 0, 1, 2, 324, 0, 0, 0, 0);
INSERT INTO roll_up VALUES (0, 1795324740, 2, 0, 1, 24, 4080, 0, 0, 0, 0);
INSERT INTO roll_up VALUES (0, 1795324800, 2, 1, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO roll_up VALUES (1, 1795323600, 1, 0, 1, 2, 324, 0, 0, 0, 0);
INSERT INTO roll_up VALUES (1, 1795323600, 2, 1, 1, 24, 4080, 0, 0, 0, 0);
INSERT INTO roll_up VALUES (2, 1795287600, 1, 0, 1, 2, 324, 0, 0, 0, 0);
INSERT INTO roll_up VALUES (2, 1795287600, 2, 1, 1, 24, 4080, 0, 0, 0, 0);
INSERT INTO coverage VALUES (0, 1795324740, 1, 2, 28, 4488, 0, 2, 0, 0, 1);
INSERT INTO coverage VALUES (0, 1795324800, 1, 1, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO coverage VALUES (1, 1795323600, 1, 3, 28, 4488, 0, 2, 0, 0, 1);
INSERT INTO coverage VALUES (2, 1795287600, 1, 3, 28, 4488, 0, 2, 0, 0, 1);
INSERT INTO clients VALUES (0, 1795324740, 1, 'allow', x'007c51ab6d651364e8');
INSERT INTO clients VALUES (1, 1795323600, 1, 'allow', x'007c51ab6d651364e8');
INSERT INTO clients VALUES (2, 1795287600, 1, 'allow', x'007c51ab6d651364e8');
INSERT INTO change VALUES (1, 1795997883287000, 1, 'start', '{"version":"0.1.0","rules":"ed8aac657acd85da7f1913fb5f7de71d66f6d2b864dc3199f322c5dfd4201865","mode":"observe"}');
PRAGMA user_version = 1;
PRAGMA application_id = 0;

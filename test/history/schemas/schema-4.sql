CREATE TABLE place (id INTEGER PRIMARY KEY, site TEXT NOT NULL, isp TEXT NOT NULL, link TEXT NOT NULL, UNIQUE (site, isp, link));
INSERT INTO place VALUES(1,'','','');
CREATE TABLE series (
    id INTEGER PRIMARY KEY, place INTEGER NOT NULL REFERENCES place, protocol TEXT NOT NULL, stage TEXT NOT NULL,
    action TEXT NOT NULL, rule TEXT NOT NULL, registered TEXT NOT NULL, sector TEXT NOT NULL, mode TEXT NOT NULL,
    UNIQUE (place, protocol, stage, action, rule, registered, sector, mode)
  );
INSERT INTO series VALUES(1,1,'wireguard','suspected','allow','registered','destination','bank','observe');
INSERT INTO series VALUES(2,1,'wireguard','confirmed','allow','registered','destination','bank','observe');
CREATE TABLE roll_up (
    level INTEGER NOT NULL, time INTEGER NOT NULL, series INTEGER NOT NULL REFERENCES series, flows INTEGER NOT NULL, decisions INTEGER NOT NULL, packets INTEGER NOT NULL, bytes INTEGER NOT NULL, delayed_packets INTEGER NOT NULL, delayed_bytes INTEGER NOT NULL, dropped_packets INTEGER NOT NULL, dropped_bytes INTEGER NOT NULL,
    PRIMARY KEY (level, time, series)
  ) WITHOUT ROWID;
INSERT INTO roll_up VALUES(0,1795324740,1,0,1,2,324,0,0,0,0);
INSERT INTO roll_up VALUES(0,1795324740,2,0,1,20,3400,0,0,0,0);
INSERT INTO roll_up VALUES(0,1795324800,2,1,0,4,680,0,0,0,0);
INSERT INTO roll_up VALUES(1,1795323600,1,0,1,2,324,0,0,0,0);
INSERT INTO roll_up VALUES(1,1795323600,2,1,1,24,4080,0,0,0,0);
INSERT INTO roll_up VALUES(2,1795287600,1,0,1,2,324,0,0,0,0);
INSERT INTO roll_up VALUES(2,1795287600,2,1,1,24,4080,0,0,0,0);
CREATE TABLE coverage (
    level INTEGER NOT NULL, time INTEGER NOT NULL, place INTEGER NOT NULL REFERENCES place, seconds INTEGER NOT NULL,
    packets INTEGER NOT NULL, bytes INTEGER NOT NULL, lost_packets INTEGER NOT NULL, undecoded_packets INTEGER NOT NULL,
    lost_lines INTEGER NOT NULL, lag_us INTEGER NOT NULL, active_flows INTEGER NOT NULL,
    PRIMARY KEY (level, time, place)
  ) WITHOUT ROWID;
INSERT INTO coverage VALUES(0,1795324740,1,2,24,3808,0,2,0,0,1);
INSERT INTO coverage VALUES(0,1795324800,1,1,4,680,0,0,0,0,0);
INSERT INTO coverage VALUES(1,1795323600,1,3,28,4488,0,2,0,0,1);
INSERT INTO coverage VALUES(2,1795287600,1,3,28,4488,0,2,0,0,1);
CREATE TABLE clients (
    level INTEGER NOT NULL, time INTEGER NOT NULL, place INTEGER NOT NULL REFERENCES place, action TEXT NOT NULL,
    sketch BLOB NOT NULL, PRIMARY KEY (level, time, place, action)
  ) WITHOUT ROWID;
INSERT INTO clients VALUES(0,1795324740,1,'allow',X'00cce41306f17e6b7b');
INSERT INTO clients VALUES(0,1795324800,1,'allow',X'00cce41306f17e6b7b');
INSERT INTO clients VALUES(1,1795323600,1,'allow',X'00cce41306f17e6b7b');
INSERT INTO clients VALUES(2,1795287600,1,'allow',X'00cce41306f17e6b7b');
CREATE TABLE harm (
    level INTEGER NOT NULL, time INTEGER NOT NULL, place INTEGER NOT NULL REFERENCES place, kind TEXT NOT NULL,
    outcome TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (level, time, place, kind, outcome)
  ) WITHOUT ROWID;
CREATE TABLE change (
    id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, place INTEGER NOT NULL REFERENCES place, kind TEXT NOT NULL,
    fields TEXT NOT NULL
  );
INSERT INTO change VALUES(1,1796078624453000,1,'start','{"version":"0.1.0","source":"pipe","mode":"observe","tripped":[],"rules":{"sha256":"ed8aac657acd85da7f1913fb5f7de71d66f6d2b864dc3199f322c5dfd4201865"},"policy":{"name":"national-baseline","sha256":"84ec5f7a1d65280bbb8e15da581d3cc9e11f4559f62b843d059d56c7926bc838"},"registry":{"sha256":"8ee415bf3e208e0250adf5cea482fcd5f7221c93d1434d3431ae43b574123089"}}');
INSERT INTO change VALUES(2,1795324800398949,1,'stop','{"asked":false}');
CREATE TABLE written (session TEXT PRIMARY KEY, batch INTEGER NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO written VALUES('32813e94-b29a-49fd-b971-1a2213cb50bb',2,1796078624586);
CREATE TABLE set_aside (at_ms INTEGER NOT NULL, file TEXT, problem TEXT NOT NULL);
CREATE TABLE incident (
    id INTEGER PRIMARY KEY, place INTEGER NOT NULL REFERENCES place, kind TEXT NOT NULL, subject TEXT NOT NULL,
    begin_us INTEGER NOT NULL, end_us INTEGER, latest_us INTEGER NOT NULL, fields TEXT NOT NULL
  );
CREATE TABLE policy_text (sha256 TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE outbox (number INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT NOT NULL);
CREATE TABLE sensor (
    isp TEXT NOT NULL, site TEXT NOT NULL, version TEXT NOT NULL, seen_ms INTEGER NOT NULL, offset_ms INTEGER,
    minute INTEGER, row_count INTEGER NOT NULL, refused INTEGER NOT NULL, PRIMARY KEY (isp, site)
  ) WITHOUT ROWID;
CREATE INDEX change_time ON change (time_us);
CREATE INDEX incident_begin ON incident (begin_us);
CREATE INDEX incident_open ON incident (kind, subject) WHERE end_us IS NULL;
PRAGMA user_version = 4;
PRAGMA application_id = 1399612261;

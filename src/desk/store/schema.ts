/**
 * The tables of the desk. A database has the number of its schema in `user_version`; each migration leads from one
 * number to the next. What has been released is never changed: add a migration.
 *
 * Times are ms since 1970, dates are texts like 2026-11-30, addresses are 32 hexadecimal digits of the mapped form.
 * Tables of the history (version, change, deed, release) take no update and no removal; triggers forbid it.
 */

/** Tables that only grow. */
export const APPEND_ONLY = ['version', 'change', 'deed', 'release'] as const;

const forbidden = APPEND_ONLY.flatMap((table) =>
  ['UPDATE', 'DELETE'].map(
    (verb) =>
      `CREATE TRIGGER ${table}_no_${verb.toLowerCase()} BEFORE ${verb} ON ${table} ` +
      `BEGIN SELECT RAISE(ABORT, '${table} is a history: its rows are not changed'); END;`,
  ),
).join('\n  ');

export const MIGRATIONS: readonly string[] = [
  `
  PRAGMA application_id = 0x536c6477;
  CREATE TABLE application (
    id INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE,
    request TEXT NOT NULL CHECK (request IN ('new', 'amend', 'renew')),
    root INTEGER NOT NULL, kind TEXT NOT NULL, holder TEXT NOT NULL, sector TEXT NOT NULL, isp TEXT NOT NULL,
    state TEXT NOT NULL, before TEXT, secret_sha256 TEXT NOT NULL UNIQUE, version INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL, due_ms INTEGER,
    valid_from TEXT, valid_until TEXT, public_vpn INTEGER NOT NULL DEFAULT 0, decided_by TEXT,
    proposed_by TEXT, proposed_reason TEXT, proposed_date TEXT, withdraw_asked_ms INTEGER, withdraw_confirmed_ms INTEGER
  );
  CREATE INDEX application_queue ON application (state, due_ms);
  CREATE INDEX application_isp_queue ON application (isp, state, due_ms);
  CREATE INDEX application_root ON application (root);
  CREATE INDEX application_until ON application (valid_until) WHERE state = 'approved';
  CREATE INDEX application_withdrawing ON application (withdraw_asked_ms) WHERE withdraw_asked_ms IS NOT NULL;
  CREATE VIRTUAL TABLE holder_search USING fts5(holder, content = '', contentless_delete = 1, prefix = '2 3 4');
  CREATE TABLE reference_number (year INTEGER PRIMARY KEY, latest INTEGER NOT NULL);
  CREATE TABLE version (
    id INTEGER PRIMARY KEY, application INTEGER NOT NULL REFERENCES application, number INTEGER NOT NULL,
    at_ms INTEGER NOT NULL, isp TEXT NOT NULL, own TEXT NOT NULL, far TEXT NOT NULL,
    protocols TEXT NOT NULL, scope TEXT NOT NULL, valid_from TEXT NOT NULL, valid_until TEXT NOT NULL,
    UNIQUE (application, number)
  );
  CREATE TABLE change (
    id INTEGER PRIMARY KEY, application INTEGER NOT NULL REFERENCES application, at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL, role TEXT NOT NULL, action TEXT NOT NULL, from_state TEXT NOT NULL, to_state TEXT NOT NULL,
    reason TEXT, date TEXT, version INTEGER, text_sha256 TEXT, personal_sha256 TEXT,
    registry_count INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX change_application ON change (application, id);
  CREATE INDEX change_actor ON change (actor, at_ms) WHERE registry_count > 0;
  CREATE INDEX change_time ON change (at_ms);
  CREATE TABLE message (
    change INTEGER PRIMARY KEY REFERENCES change, application INTEGER NOT NULL, text TEXT, salt TEXT NOT NULL
  );
  CREATE INDEX message_application ON message (application);
  CREATE TABLE personal (
    application INTEGER PRIMARY KEY REFERENCES application, fields TEXT, salt TEXT NOT NULL,
    changed_ms INTEGER NOT NULL,
    erased_ms INTEGER
  );
  CREATE TABLE appeal (
    id INTEGER PRIMARY KEY, application INTEGER NOT NULL REFERENCES application, change INTEGER NOT NULL,
    at_ms INTEGER NOT NULL, address TEXT, event TEXT, answered_change INTEGER
  );
  CREATE INDEX appeal_application ON appeal (application);
  CREATE TABLE file (
    id INTEGER PRIMARY KEY, application INTEGER NOT NULL REFERENCES application, name TEXT NOT NULL, type TEXT NOT NULL,
    bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, stored TEXT NOT NULL UNIQUE,
    at_ms INTEGER NOT NULL, removed_ms INTEGER
  );
  CREATE INDEX file_application ON file (application);
  CREATE TABLE registry_row (
    id INTEGER PRIMARY KEY, application INTEGER NOT NULL REFERENCES application, reference TEXT NOT NULL,
    prefix TEXT NOT NULL, first TEXT NOT NULL, length INTEGER NOT NULL, holder TEXT NOT NULL, sector TEXT NOT NULL,
    protocols TEXT NOT NULL, scope TEXT NOT NULL, pair TEXT NOT NULL DEFAULT '', valid_from TEXT NOT NULL,
    valid_until TEXT NOT NULL, begin_change INTEGER NOT NULL, begin_ms INTEGER NOT NULL,
    end_change INTEGER, end_ms INTEGER
  );
  CREATE INDEX registry_row_prefix ON registry_row (first, length);
  CREATE INDEX registry_row_application ON registry_row (application);
  CREATE TRIGGER registry_row_kept BEFORE DELETE ON registry_row
    BEGIN SELECT RAISE(ABORT, 'rows of the registry are ended, not removed'); END;
  CREATE TRIGGER registry_row_ended BEFORE UPDATE ON registry_row
    WHEN OLD.end_ms IS NOT NULL OR NEW.prefix <> OLD.prefix OR NEW.holder <> OLD.holder OR NEW.begin_ms <> OLD.begin_ms
      OR NEW.reference <> OLD.reference OR NEW.sector <> OLD.sector OR NEW.protocols <> OLD.protocols
      OR NEW.scope <> OLD.scope OR NEW.valid_from <> OLD.valid_from OR NEW.valid_until <> OLD.valid_until
    BEGIN SELECT RAISE(ABORT, 'a row of the registry is only ended'); END;
  CREATE TABLE submission (key TEXT PRIMARY KEY, application INTEGER NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE account (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, isps TEXT NOT NULL, hash TEXT NOT NULL, stamp TEXT NOT NULL,
    changed_ms INTEGER NOT NULL, is_removed INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE TABLE release (
    id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, account TEXT NOT NULL, by TEXT NOT NULL, count INTEGER NOT NULL,
    CHECK (by <> account)
  );
  CREATE INDEX release_account ON release (account, at_ms);
  CREATE TABLE deed (
    id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, role TEXT NOT NULL, what TEXT NOT NULL,
    fields TEXT NOT NULL
  );
  CREATE TABLE isp (
    name TEXT PRIMARY KEY, title TEXT NOT NULL, prefixes TEXT NOT NULL DEFAULT '[]', is_active INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE reason (
    code TEXT PRIMARY KEY, use TEXT NOT NULL, title TEXT NOT NULL, is_active INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE registry_export (
    id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, state TEXT NOT NULL, row_count INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    version INTEGER, problem TEXT, confirmed_by TEXT
  );
  CREATE TABLE reminder (
    application INTEGER NOT NULL, valid_until TEXT NOT NULL, days INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (application, valid_until, days)
  ) WITHOUT ROWID;
  CREATE TABLE mail (
    id INTEGER PRIMARY KEY, application INTEGER NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, next_ms INTEGER NOT NULL
  );
  ${forbidden}
  `,
  `
  CREATE TABLE import (
    id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, account TEXT NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
    content TEXT, choices TEXT NOT NULL,
    taken TEXT NOT NULL DEFAULT '[]', result TEXT, counts TEXT, done_ms INTEGER, done_by TEXT
  );
  CREATE INDEX import_content ON import (at_ms) WHERE content IS NOT NULL OR result IS NOT NULL;
  `,
  `
  DROP INDEX registry_row_prefix;
  CREATE INDEX registry_row_current ON registry_row (first, length) WHERE end_ms IS NULL;
  `,
  // What the engine has decided about the address of an appeal; and reviewers that have signed in at the provider.
  `
  ALTER TABLE appeal ADD COLUMN decisions TEXT;
  CREATE TABLE provider_reviewer (name TEXT PRIMARY KEY, seen_ms INTEGER NOT NULL) WITHOUT ROWID;
  `,
  'CREATE TABLE sector (name TEXT PRIMARY KEY, title TEXT NOT NULL, is_offered INTEGER NOT NULL) WITHOUT ROWID',
  'CREATE INDEX application_proposed ON application (proposed_date) WHERE proposed_by IS NOT NULL',
];

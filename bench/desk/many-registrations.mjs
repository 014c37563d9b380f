/**
 * Fills a new desk with so many registrations in force, and 15,000 applications that wait, as the desk's own tables have
 * them. Single addresses for four fifths, IPv6 prefixes for the rest; holders of three words.
 */
const dist = new URL('../../dist/', import.meta.url);
const { openState } = await import(new URL('desk/desk.js', dist));
const { writeAccount } = await import(new URL('desk/store/account-store.js', dist));
const { writeIsp } = await import(new URL('desk/store/settings.js', dist));
const { hashPassword } = await import(new URL('web/http/accounts/password-work.js', dist));

export const REVIEWER = 'anna';
export const PASSWORD = 'a password of the bench';
export const WAITING = 15_000;

const FIRST_WORDS = [
  'Meridian',
  'Harbour',
  'Kestrel',
  'Ibis',
  'Quarry',
  'Lantern',
  'Northgate',
  'Alder',
  'Tern',
  'Saffron',
];
const SECOND_WORDS = [
  'Trading',
  'Software',
  'Logistics',
  'Textiles',
  'Support',
  'Studio',
  'Works',
  'Bank',
  'Clinic',
  'Press',
  'Mills',
];
const SECTORS = ['it', 'bank', 'call-centre', 'enterprise', 'university'];
const HOUR_MS = 3_600_000;

function oneOf(words, number) {
  return `CASE (${number}) % ${words.length} ${words.map((word, at) => `WHEN ${at} THEN '${word}'`).join(' ')} END`;
}

export async function fillDesk(state, count, nowMs) {
  const { database } = openState(state);
  writeIsp(database, { name: 'north', title: 'North Net', prefixes: [], isActive: true });
  const hash = await hashPassword(PASSWORD);
  writeAccount(database, { name: REVIEWER, role: 'reviewer', isps: [], hash }, nowMs);
  const all = count + WAITING;
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${all})`;
  const address = '(335544320 + i * 37)';
  const isIpv6 = 'i % 5 = 0';
  const prefix = `CASE WHEN ${isIpv6} THEN printf('2a01:%x:%x::/48', i >> 8, i & 255) ELSE printf('%d.%d.%d.%d/32',
    ${address} >> 24, (${address} >> 16) & 255, (${address} >> 8) & 255, ${address} & 255) END`;
  const first = `CASE WHEN ${isIpv6} THEN printf('2a01%04x%04x00000000000000000000', i >> 8, i & 255)
    ELSE printf('00000000000000000000ffff%08x', ${address}) END`;
  const state_ = `CASE WHEN i <= ${count} THEN 'approved' ELSE ${oneOf(['review', 'review', 'isp', 'question', 'appeal'], 'i')} END`;
  const holder = `${oneOf(FIRST_WORDS, 'i')} || ' ' || ${oneOf(SECOND_WORDS, 'i / 7')} || ' ' || printf('%x', i * 7919)`;
  const sector = oneOf(SECTORS, 'i');
  database.exec(`BEGIN IMMEDIATE;
    ${numbers} INSERT INTO application (id, reference, request, root, kind, holder, sector, isp, state, before,
      secret_sha256, version, created_ms, changed_ms, due_ms, valid_from, valid_until, decided_by)
      SELECT i, printf('OW-2026-%06d', i), 'new', i, 'company', ${holder}, ${sector}, 'north', ${state_}, 'submitted',
        printf('%064x', i), 1, ${nowMs} - i, ${nowMs} - i,
        CASE WHEN i > ${count} THEN ${nowMs} + (i % 4000 - 1000) * 20000 END,
        CASE WHEN i <= ${count} THEN '2026-01-01' END, CASE WHEN i <= ${count} THEN '2030-12-31' END, 'anna' FROM n;
    INSERT INTO holder_search (rowid, holder) SELECT id, holder FROM application;
    ${numbers} INSERT INTO version (application, number, at_ms, isp, own, far, protocols, scope, valid_from, valid_until)
      SELECT i, 1, ${nowMs} - i, 'north', json_array(${prefix}), '[]', 'wireguard', '', '2026-01-01', '2030-12-31' FROM n;
    INSERT INTO change (application, at_ms, actor, role, action, from_state, to_state, version)
      SELECT id, created_ms, 'applicant', 'applicant', 'submit', 'draft', 'submitted', 1 FROM application;
    INSERT INTO change (application, at_ms, actor, role, action, from_state, to_state, version)
      SELECT id, created_ms, 'anna', 'reviewer', 'approve', 'review', 'approved', 1 FROM application
        WHERE state = 'approved';
    INSERT INTO personal (application, fields, salt, changed_ms)
      SELECT id, '{"contact":"Contact Person","mail":"it@works.example","phone":"","subscriber":"N-1","purpose":"Two offices","person":""}',
        'x', created_ms FROM application;
    ${numbers} INSERT INTO registry_row (application, reference, prefix, first, length, holder, sector, protocols, scope,
      valid_from, valid_until, begin_change, begin_ms)
      SELECT i, printf('OW-2026-%06d', i), ${prefix}, ${first}, CASE WHEN ${isIpv6} THEN 48 ELSE 128 END, ${holder},
        ${sector}, 'wireguard', '', '2026-01-01', '2030-12-31', i, ${nowMs - HOUR_MS} FROM n WHERE i <= ${count};
    INSERT INTO reference_number VALUES (2026, ${all});
    COMMIT; ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)`);
  const known = database.prepare('SELECT prefix, holder, reference FROM registry_row WHERE id % 9973 = 1').all();
  database.close();
  return known;
}

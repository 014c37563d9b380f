/** Acts at the desk and refusals, for auditors and administrators. */
import { ACTION_TITLES } from '../model/transition.ts';
import { actorTitle } from '../pages/case-parts.ts';
import { type Html, html } from '../pages/html.ts';
import { page, panel, table, time } from '../pages/layout.ts';
import { rows } from '../store/desk-database.ts';
import type { DeskParts } from './desk-parts.ts';
import type { DeskAnswer, DeskCall, DeskRoute } from './desk-route.ts';

export function changesRoutes(parts: DeskParts): readonly DeskRoute[] {
  return [
    { method: 'GET', path: '/changes', allowed: ['auditor', 'admin'], answer: (call) => changesPage(parts, call) },
  ];
}

interface ShownDeed {
  readonly atMs: number;
  readonly actor: string;
  readonly what: string;
  readonly subject: string;
}

/** The latest changes of applications and of the desk itself, together. */
function changesPage(parts: DeskParts, { frame }: DeskCall): DeskAnswer {
  const { database } = parts;
  const found = rows<ShownDeed>(
    database,
    `SELECT at_ms AS atMs, actor, action AS what, reference AS subject FROM change JOIN application
      ON application.id = change.application WHERE change.id > (SELECT coalesce(max(id), 0) - 200 FROM change)
      UNION ALL SELECT at_ms, actor, what, fields FROM (SELECT * FROM deed ORDER BY id DESC LIMIT 200)
      UNION ALL SELECT at_ms, by, 'release', account || ' ' || count
        FROM (SELECT * FROM release ORDER BY id DESC LIMIT 50)
      ORDER BY 1 DESC LIMIT 200`,
  );
  const cells = found.map(({ atMs, actor, what, subject }) => [
    time(atMs),
    actorTitle(actor),
    actionTitle(what),
    subject.startsWith('{') ? fieldsText(JSON.parse(subject) as Readonly<Record<string, unknown>>) : subject,
  ]);
  const latest = panel('The latest 200', table('Changes', ['When', 'By', 'What', 'Of'], cells));
  const main = html`${latest} ${refusedPanel(parts)}`;
  return { kind: 'page', page: page(frame, 'Changes', main) };
}

const LONGEST_VALUE = 48;
const SHOWN_HASH = 16;

/** `import: 3, registered: 12`; hashes and long texts by their beginnings. */
function fieldsText(fields: Readonly<Record<string, unknown>>): string {
  const shown = (value: unknown): string => {
    const text = Array.isArray(value) ? value.join(' ') : String(value);
    const most = /^[0-9a-f]{40,}$/.test(text) ? SHOWN_HASH : LONGEST_VALUE;
    return text.length > most ? `${text.slice(0, most)}…` : text;
  };
  const pairs = Object.entries(fields).filter(([, value]) => !(Array.isArray(value) && value.length === 0));
  return pairs.map(([name, value]) => `${name}: ${shown(value)}`).join(', ');
}

const DEED_TITLES: Readonly<Record<string, string>> = {
  'write-account': 'Account written',
  'remove-account': 'Account removed',
  'write-settings': 'Settings written',
  'write-isp': 'Provider written',
  'write-reason': 'Reason written',
  'write-sector': 'Sector written',
  'begin-key': 'New key begun',
  'retire-key': 'Old key retired',
  'confirm-registry': 'Registry that was held back confirmed',
  import: 'Import confirmed',
  'drop-import': 'Import dropped',
  release: 'Limit released',
};

function actionTitle(what: string): string {
  return DEED_TITLES[what] ?? (ACTION_TITLES as Readonly<Record<string, string>>)[what] ?? what;
}

const REFUSAL_TITLES: Readonly<Record<number, string>> = {
  400: 'forms that could not be read',
  401: 'without signing in',
  403: 'of a role or a form that may not',
  404: 'for what is not there',
  409: 'not possible then',
  413: 'too large',
  429: 'too many',
  500: 'failed',
};

/** Refusals since the desk was started: guessing shows here. */
function refusedPanel({ refusedByStatus, access }: DeskParts): Html {
  const refused = [...refusedByStatus]
    .toSorted(([a], [b]) => a - b)
    .map(([status, count]) => [`Requests ${REFUSAL_TITLES[status] ?? 'refused'} (${status})`, count] as const);
  const signIns = [...access.signIns].map(([result, count]) => [`Signing in: ${result}`, count] as const);
  return panel(
    'Refusals and sign-ins since the start',
    table('Requests and attempts', ['What', 'Count'], [...refused, ...signIns]),
  );
}

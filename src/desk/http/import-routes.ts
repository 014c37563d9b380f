/** Imports of spreadsheets: upload, preview row by row, answers to questions, and the confirmation that writes. */
import { createHash } from 'node:crypto';
import { countRows, ROW_STATES, type ReadRow, type RowState } from '../import/understood.ts';
import { firstChoices } from '../import/choices.ts';
import { type ReadFile, UnreadableFile } from '../import/sheet.ts';
import { isOldEncoding } from '../import/text-encoding.ts';
import { randomSecret } from '../model/reference.ts';
import { importPage, importsPage } from '../pages/import-pages.ts';
import { addDeed } from '../store/history.ts';
import {
  addImport,
  endImport,
  fileOfImport,
  type Import,
  importById,
  type ImportedRow,
  IMPORT_OVER,
  latestImports,
  resultOfImport,
  writeChoices,
  writeTaken,
} from '../store/import-store.ts';
import { changedBy, releasedTo } from '../store/change-count.ts';
import { changesLeft } from '../model/change-limit.ts';
import { allIsps } from '../store/settings.ts';
import { reportOf } from '../export/import-report.ts';
import { DeedRefused } from '../work/act.ts';
import { dateOf } from '../work/date-text.ts';
import { hashOfRows, rowsToTake } from '../import/rows-to-take.ts';
import type { DeskParts } from './desk-parts.ts';
import { type DeskAnswer, type DeskCall, type DeskRoute, redirect, refuse } from './desk-route.ts';
import { choicesIn } from './import-form.ts';

const NOT_FOUND = 'there is no such import';
const WHOLE_NUMBER = /^\d{1,12}$/;
const MOST_LISTED = 50;
const LONGEST_NAME = 120;
const READERS = ['reviewer', 'auditor'] as const;
const WRITERS = ['reviewer'] as const;

export function importRoutes(parts: DeskParts): readonly DeskRoute[] {
  const { database } = parts;
  /** A route about one import that is there; `isOpen`: and that is not over. */
  const about =
    (isOpen: boolean, answer: (call: DeskCall, one: Import) => DeskAnswer | Promise<DeskAnswer>) =>
    (call: DeskCall): DeskAnswer | Promise<DeskAnswer> => {
      const { id = '' } = call.params;
      const one = WHOLE_NUMBER.test(id) ? importById(database, Number(id)) : null;
      if (one === null) return refuse(404, NOT_FOUND);
      return isOpen && one.state !== 'open' ? refuse(409, IMPORT_OVER) : answer(call, one);
    };
  return [
    { method: 'GET', path: '/imports', allowed: READERS, answer: (call) => listPage(parts, call, null) },
    { method: 'POST', path: '/imports', allowed: WRITERS, hasFiles: true, answer: (call) => upload(parts, call) },
    {
      method: 'GET',
      path: '/imports/:id',
      allowed: READERS,
      answer: about(false, (call, one) => onePage(parts, call, one)),
    },
    {
      method: 'GET',
      path: '/imports/:id/report.csv',
      allowed: READERS,
      answer: about(false, (call, one) => report(parts, call, one)),
    },
    {
      method: 'POST',
      path: '/imports/:id/choices',
      allowed: WRITERS,
      answer: about(true, (call, one) => choose(parts, call, one)),
    },
    {
      method: 'POST',
      path: '/imports/:id/answers',
      allowed: WRITERS,
      answer: about(true, (call, one) => answerQuestions(parts, call, one)),
    },
    {
      method: 'POST',
      path: '/imports/:id/confirm',
      allowed: WRITERS,
      writesHere: false,
      answer: about(false, (call, one) => confirm(parts, call, one)),
    },
    {
      method: 'POST',
      path: '/imports/:id/drop',
      allowed: WRITERS,
      answer: about(true, (call, one) => drop(parts, call, one)),
    },
  ];
}

function listPage({ database }: DeskParts, { frame, csrf, user }: DeskCall, problem: string | null): DeskAnswer {
  const imports = latestImports(database, MOST_LISTED);
  const page = importsPage(frame, { imports, csrf, mayUpload: user!.role === 'reviewer', problem });
  return { kind: 'page', page, status: problem === null ? 200 : 422 };
}

async function upload(parts: DeskParts, call: DeskCall): Promise<DeskAnswer> {
  const { database, sheets } = parts;
  const { form, user, nowMs } = call;
  const file = form.files.get('file');
  if (file === undefined) return listPage(parts, call, 'choose a file');
  if (file.isTooLarge)
    return listPage(parts, call, 'the file is larger than 5 MB: save only the sheet with the table, or split it');
  const encoding = form.text('encoding');
  let read: ReadFile;
  try {
    read = await sheets.read(file.content, isOldEncoding(encoding) ? encoding : 'windows-1252');
  } catch (error) {
    if (error instanceof UnreadableFile) return listPage(parts, call, error.message);
    throw error;
  }
  const isps = allIsps(database).filter(({ isActive }) => isActive);
  const id = addImport(database, {
    atMs: nowMs,
    account: user!.name,
    name: file.name.slice(0, LONGEST_NAME),
    bytes: file.content.length,
    sha256: createHash('sha256').update(file.content).digest('hex'),
    choices: firstChoices(
      read,
      dateOf(nowMs),
      isps.map(({ name }) => name),
    ),
    file: read,
  });
  return redirect(`/imports/${id}`);
}

/** The rows as they are understood now; as they were confirmed, for an import that is done. Null where erased. */
async function rowsOfImport(
  { database, readTableInPieces }: DeskParts,
  one: Import,
  nowMs: number,
): Promise<readonly (ReadRow | ImportedRow)[] | null> {
  if (one.state === 'done') return resultOfImport(database, one.id);
  const file = fileOfImport(database, one.id);
  return file === null ? null : readTableInPieces(database, file, one.choices, dateOf(nowMs));
}

async function onePage(parts: DeskParts, call: DeskCall, one: Import): Promise<DeskAnswer> {
  const { database } = parts;
  const { frame, csrf, user, query, nowMs } = call;
  const rows = await rowsOfImport(parts, one, nowMs);
  const counts = rows === null ? one.counts : countRows(rows);
  const asked = ROW_STATES.find((state) => state === query.rows);
  const toTake = rows === null ? [] : rowsToTake(rows, new Set(one.taken));
  return {
    kind: 'page',
    page: importPage(frame, {
      one,
      file: fileOfImport(database, one.id),
      rows,
      counts,
      state: asked ?? firstState(counts),
      page: WHOLE_NUMBER.test(query.page ?? '') ? Number(query.page) : 0,
      isps: allIsps(database),
      csrf,
      key: randomSecret(),
      mayWrite: user!.role === 'reviewer' && one.state === 'open',
      toTake: toTake.length,
      shownSha256: hashOfRows(toTake),
      left: changesLeft(changedBy(database, user!.name, nowMs), releasedTo(database, user!.name, nowMs)),
    }),
  };
}

/** Questions first, because they wait for a person. */
function firstState(counts: Readonly<Record<RowState, number>> | null): RowState {
  return (
    (['question', 'error', 'understood', 'left-out'] as const).find((state) => (counts?.[state] ?? 0) > 0) ??
    'understood'
  );
}

async function report(parts: DeskParts, { nowMs }: DeskCall, one: Import): Promise<DeskAnswer> {
  const rows = await rowsOfImport(parts, one, nowMs);
  if (rows === null) return refuse(409, 'what the file had is erased');
  return { kind: 'download', type: 'text/csv; charset=utf-8', name: `import-${one.id}.csv`, content: reportOf(rows) };
}

function choose({ database }: DeskParts, { form }: DeskCall, one: Import): DeskAnswer {
  const choices = choicesIn(form, one.choices, fileOfImport(database, one.id)!, allIsps(database));
  if (typeof choices === 'string') return refuse(400, choices);
  writeChoices(database, one.id, choices);
  return redirect(`/imports/${one.id}`);
}

/** The rows of one page: those ticked are taken, the others shown are not. */
function answerQuestions({ database }: DeskParts, { form }: DeskCall, one: Import): DeskAnswer {
  const numbers = (name: string): number[] =>
    form
      .all(name)
      .filter((text) => WHOLE_NUMBER.test(text))
      .map(Number);
  const shown = new Set(numbers('shown'));
  const taken = [...one.taken.filter((row) => !shown.has(row)), ...numbers('take').filter((row) => shown.has(row))];
  writeTaken(
    database,
    one.id,
    [...new Set(taken)].sort((a, b) => a - b),
  );
  return redirect(`/imports/${one.id}?rows=question`);
}

async function confirm(parts: DeskParts, { form, user, nowMs }: DeskCall, { id }: Import): Promise<DeskAnswer> {
  const shownSha256 = form.text('shown');
  try {
    await parts.confirmImport({ id, key: form.text('key'), shownSha256, actor: user!, atMs: nowMs });
  } catch (error) {
    if (error instanceof DeedRefused) return refuse(error.status, error.message);
    throw error;
  }
  parts.onRegistryChange();
  return redirect(`/imports/${id}?rows=understood`);
}

function drop({ database }: DeskParts, { user, nowMs }: DeskCall, one: Import): DeskAnswer {
  const counts = { understood: 0, question: 0, error: 0, 'left-out': 0 };
  endImport(database, one.id, { state: 'dropped', by: user!.name, atMs: nowMs, result: [], counts });
  addDeed(database, {
    atMs: nowMs,
    actor: user!.name,
    role: user!.role,
    what: 'drop-import',
    fields: { import: one.id },
  });
  return redirect('/imports');
}

/** The page of one application with its actions, for ISPs, reviewers and auditors. */
import { type Actor, allowedActions, maySee } from '../model/permission.ts';
import { randomSecret } from '../model/reference.ts';
import { STATE_TITLES } from '../model/state.ts';
import { type Action, ACTION_NAMES, TRANSITIONS } from '../model/transition.ts';
import { fieldsOf, noteOf } from '../pages/action-fields.ts';
import {
  actionForm,
  applicationFacts,
  filesPanel,
  historyPanel,
  personalFacts,
  stateBadge,
} from '../pages/case-parts.ts';
import { type Html, html, type Piece } from '../pages/html.ts';
import { page, panel, table, time } from '../pages/layout.ts';
import { relatedPanel } from '../pages/queue-parts.ts';
import { type Application, applicationById, standingOf, type Statement, statementOf } from '../store/application.ts';
import { contentOf, fileById, filesOf } from '../store/file-store.ts';
import { changesOf, personalOf } from '../store/history.ts';
import { relatedTo } from '../store/queue.ts';
import { rowsOf } from '../store/registry-rows.ts';
import { allIsps, allReasons } from '../store/settings.ts';
import { sectorTitle } from '../store/sector-store.ts';
import { addVersion } from '../store/version.ts';
import { actWithin, type Deed, DeedRefused } from '../work/act.ts';
import { checkAddresses } from '../work/address-check.ts';
import { dateOf } from '../work/date-text.ts';
import { appealPieces, farEndsPiece } from './case-evidence.ts';
import type { DeskParts } from './desk-parts.ts';
import { type DeskAnswer, type DeskCall, type DeskRoute, redirect, refuse } from './desk-route.ts';
import type { Form } from './form-reading.ts';
import { once } from '../work/once.ts';

const NOT_FOUND = 'there is no such application here';
const WHOLE_NUMBER = /^\d{1,12}$/;

export function caseRoutes(parts: DeskParts): readonly DeskRoute[] {
  const { database } = parts;
  const found = ({ params, user }: DeskCall): Application | null => {
    const id = WHOLE_NUMBER.test(params.id ?? '') ? Number(params.id) : 0;
    const application = applicationById(database, id);
    return application !== null && maySee(user!, application.isp) ? application : null;
  };
  return [
    {
      method: 'GET',
      path: '/case/:id',
      allowed: ['isp', 'reviewer', 'auditor'],
      answer: (call) => {
        const application = found(call);
        return application === null ? refuse(404, NOT_FOUND) : casePage(parts, call, application);
      },
    },
    {
      method: 'POST',
      path: '/case/:id/:action',
      allowed: ['isp', 'reviewer'],
      answer: (call) => {
        const application = found(call);
        if (application === null) return refuse(404, NOT_FOUND);
        const { action } = call.params;
        const isAction = (ACTION_NAMES as readonly string[]).includes(action!);
        return isAction
          ? takeAction(parts, call, application, action as Action)
          : refuse(404, 'there is no such action');
      },
    },
    {
      method: 'GET',
      path: '/files/:id',
      allowed: ['isp', 'reviewer', 'auditor'],
      answer: ({ params, user }) => {
        const file = WHOLE_NUMBER.test(params.id ?? '') ? fileById(database, Number(params.id)) : null;
        const application = file?.removedMs === null ? applicationById(database, file.application) : null;
        if (file === null || application === null || !maySee(user!, application.isp))
          return refuse(404, 'there is no such file here');
        return { kind: 'download', type: file.type, name: file.name, content: contentOf(parts.files, file) };
      },
    },
  ];
}

async function casePage(parts: DeskParts, call: DeskCall, application: Application): Promise<DeskAnswer> {
  const { database } = parts;
  const { user, csrf, nowMs, frame } = call;
  const actor = user!;
  const statement = statementOf(database, application);
  const reasons = allReasons(database);
  const isp = allIsps(database).find(({ name }) => name === application.isp);
  const titles = { isp: isp?.title ?? application.isp, sector: sectorTitle(database, application.sector) };
  // A change begins with what its registration is limited to.
  const isChange = application.root !== application.id;
  const root = isChange ? applicationById(database, application.root)! : application;
  const proposed = isChange ? { ...statement, scope: statementOf(database, root).scope } : statement;
  const context = { statement: proposed, reasons, today: dateOf(nowMs), hasFarEnds: statement.far.length > 0 };
  const related = relatedTo(database, application).filter(({ isp: one }) => maySee(actor, one));
  const forms = allowedActions(actor, standingOf(application)).map((action) =>
    actionForm({
      base: `/case/${application.id}`,
      action,
      csrf,
      key: randomSecret(),
      fields: fieldsOf(action, context),
      ...(noteOf(action) !== undefined && { note: noteOf(action)! }),
    }),
  );
  // What networks have seen is of other people too, and no provider sees it.
  const mayRead = actor.role !== 'isp';
  const reach = mayRead && (await farEndsPiece(parts, statement));
  const appeals = mayRead && (await appealPieces(parts, application));
  const main = html`<p class="state-line">${stateBadge(application.state)} ${dueText(application, nowMs)}</p>
    ${
      application.proposedBy !== null &&
      note(
        html`${application.proposedBy} has proposed to revoke this registration from ${application.proposedDate} on.`,
      )
    }
    ${
      application.withdrawAskedMs !== null &&
      note(
        html`The applicant asked to give it up on ${time(application.withdrawAskedMs)}. ${withdrawalText(application)}`,
      )
    }
    ${
      isChange &&
      note(
        html`It ${application.state === 'approved' ? 'is a part of' : 'changes'}
          <a href="/case/${root.id}">${root.reference}</a>.
          ${application.state === 'approved' ? 'What is done with the registration is done there.' : ''}`,
      )
    }
    ${notesOf(database, statement, application)} ${reach}
    ${
      forms.length > 0 &&
      html`<section class="panel actions" aria-label="What you can do">
        <h2>What you can do</h2>
        ${forms}
      </section>`
    }
    <div class="desk-grid">
      ${applicationFacts(application, statement, titles)} ${personalFacts(personalOf(database, application.id))}
    </div>
    ${relatedPanel(related, application, true)} ${appeals} ${registryPanel(database, application)}
    ${filesPanel(filesOf(database, application.id))}
    ${historyPanel(changesOf(database, application.id), reasons, false)}`;
  return { kind: 'page', page: page(frame, application.reference, main) };
}

function note(text: Html): Html {
  return html`<div class="note warn"><p>${text}</p></div>`;
}

function withdrawalText({ withdrawConfirmedMs }: Application): string {
  return withdrawConfirmedMs === null
    ? 'It stays in force until that is confirmed, and for 72 hours at least.'
    : 'That is confirmed, and takes effect after 72 hours.';
}

function dueText({ dueMs }: Application, nowMs: number): Piece {
  if (dueMs === null) return null;
  return dueMs < nowMs ? html`<span class="bad">Due since ${time(dueMs)}</span>` : html`Due ${time(dueMs)}`;
}

/** What the checks of the form note for a reviewer. */
function notesOf(database: DeskParts['database'], statement: Statement, application: Application): Piece {
  const { notes, problems } = checkAddresses(database, statement.own.join('\n'), {
    isp: application.isp,
    except: application.root,
  });
  const list = [...notes, ...problems];
  return (
    list.length > 0 &&
    html`<div class="note warn">
      <ul>
        ${list.map((one) => html`<li>${one}</li>`)}
      </ul>
    </div>`
  );
}

const SCOPE_TITLES: Readonly<Record<string, string>> = {
  '': 'from and to it',
  source: 'from it',
  destination: 'to it',
  pair: 'between own addresses and far ends',
};

function registryPanel(database: DeskParts['database'], { root }: Application): Piece {
  const cells = rowsOf(database, root).map((one): readonly Piece[] => [
    html`<span class="mono">${one.prefix}</span>`,
    one.holder,
    one.protocols === '' ? 'any' : one.protocols,
    SCOPE_TITLES[one.scope] ?? one.scope,
    `${one.validFrom} to ${one.validUntil === '' ? 'no end' : one.validUntil}`,
  ]);
  return (
    cells.length > 0 &&
    panel('In the registry', table('Rows', ['Prefix', 'Holder', 'Protocols', 'Flows', 'Period'], cells))
  );
}

function takeAction(parts: DeskParts, call: DeskCall, application: Application, action: Action): DeskAnswer {
  const { database } = parts;
  const { form, nowMs, user } = call;
  const actor: Actor = user!;
  try {
    once(database, form.text('key'), application.id, nowMs, () => {
      if (action === 'approve') approveScope(parts, application, form, nowMs);
      actWithin(database, deedOf(parts, application, action, actor, form, nowMs));
      tell(parts, application.id, call.origin);
    });
  } catch (error) {
    if (error instanceof DeedRefused) return refuse(error.status, error.message);
    throw error;
  }
  if (TRANSITIONS[action].changesRegistry === true) parts.onRegistryChange();
  return redirect(`/case/${application.id}`);
}

/** Limits the registration to flows that begin at the applicant's own addresses, or no longer. */
function approveScope({ database }: DeskParts, application: Application, form: Form, atMs: number): void {
  const statement = statementOf(database, application);
  if (statement.far.length > 0 && form.text('notPublic') !== 'yes')
    throw new DeedRefused({ status: 409, problem: 'confirm that the far ends are no VPN service for the public' });
  const chosen = form.text('scope');
  const scope = chosen === 'source' || (chosen === 'pair' && statement.far.length > 0) ? chosen : '';
  if (statement.own.length > 0 && scope !== statement.scope)
    addVersion(database, application, { ...statement, scope }, atMs);
}

function deedOf(
  parts: DeskParts,
  application: Application,
  action: Action,
  actor: Actor,
  form: Form,
  atMs: number,
): Deed {
  const deed = {
    application: application.id,
    action,
    actor,
    atMs,
    text: form.text('text').slice(0, 8000),
    ...(form.text('reason') !== '' && { reason: form.text('reason') }),
    ...(dateIn(form, 'date') !== null && { date: dateIn(form, 'date')! }),
    ...(dateIn(form, 'validFrom') !== null && { validFrom: dateIn(form, 'validFrom')! }),
  };
  if (action !== 'mend') return deed;
  const { database } = parts;
  const statement = statementOf(database, application);
  const checkedFor = { isp: application.isp, except: application.root, mayWiden: true };
  const own = checkAddresses(database, form.text('own'), checkedFor);
  const far = checkAddresses(database, form.text('far'), { ...checkedFor, isp: null });
  const problems = [...own.problems, ...far.problems];
  if (problems.length > 0) throw new DeedRefused({ status: 409, problem: problems.join('; ') });
  if (own.prefixes.length + far.prefixes.length === 0)
    throw new DeedRefused({ status: 409, problem: 'write the addresses that the registration is to have' });
  return { ...deed, statement: { ...statement, own: own.prefixes, far: far.prefixes } };
}

function dateIn(form: Form, name: string): string | null {
  const text = form.text(name);
  if (text === '') return null;
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new DeedRefused({ status: 400, problem: 'write a day like 2026-11-30' });
}

/** Mails the new state to the applicant, without any detail: mail is not secret. */
function tell(parts: DeskParts, id: number, origin: string): void {
  const { state, reference } = applicationById(parts.database, id)!;
  const text =
    `The state of ${reference} is now: ${STATE_TITLES[state]}.\n` +
    `Your secret link shows more. The desk is at ${origin}.`;
  parts.notify(id, `${reference}: ${STATE_TITLES[state]}`, text);
}

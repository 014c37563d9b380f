/** Applying, and all that the holder of a secret link does. */
import { createHmac } from 'node:crypto';
import { rmSync } from 'node:fs';
import { isKind, KINDS } from '../model/kind.ts';
import { allowedActions, APPLICANT } from '../model/permission.ts';
import { isSecret, randomSecret, secretHash } from '../model/reference.ts';
import { STATE_MEANINGS } from '../model/state.ts';
import { type Action, ACTION_NAMES } from '../model/transition.ts';
import { fieldsOf, noteOf } from '../pages/action-fields.ts';
import { applicationForm, kindChoice, type Values } from '../pages/application-form.ts';
import {
  actionForm,
  applicationFacts,
  historyPanel,
  lastWords,
  personalFacts,
  stateBadge,
} from '../pages/case-parts.ts';
import { html } from '../pages/html.ts';
import { page } from '../pages/layout.ts';
import { relatedPanel } from '../pages/queue-parts.ts';
import {
  type Application,
  applicationBySecret,
  applicationById,
  standingOf,
  statementOf,
} from '../store/application.ts';
import { addAppeal, type Appeal } from '../store/appeal-store.ts';
import { fileProblem, storeFile } from '../store/file-store.ts';
import { changesOf, personalOf } from '../store/history.ts';
import { relatedTo } from '../store/queue.ts';
import { allIsps, allReasons, deskKey } from '../store/settings.ts';
import { allSectors, sectorTitle } from '../store/sector-store.ts';
import { actWithin, DeedRefused } from '../work/act.ts';
import { submitted } from '../store/submission.ts';
import { apply } from '../work/apply.ts';
import { dateOf } from '../work/date-text.ts';
import { readApplication } from '../work/read-application.ts';
import { linkAppeal } from './case-evidence.ts';
import type { DeskParts } from './desk-parts.ts';
import { type DeskAnswer, type DeskCall, type DeskRoute, redirect, refuse } from './desk-route.ts';
import type { Form } from './form-reading.ts';
import { once } from '../work/once.ts';

const NOT_FOUND = 'this link leads to no application: check that it is whole';
/** They have a page with the whole form. */
const WITH_FORM: readonly Action[] = ['amend', 'renew'];
const SHOWN_FIELDS = [
  'organisation',
  'sector',
  'person',
  'contact',
  'mail',
  'phone',
  'isp',
  'subscriber',
  'own',
  'far',
  'purpose',
  'validFrom',
  'validUntil',
];

export function applicantRoutes(parts: DeskParts): readonly DeskRoute[] {
  const { database } = parts;
  const found = ({ secret = '' }: DeskCall['params']): Application | null => applicationOf(database, secret);
  return [
    {
      method: 'GET',
      path: '/apply',
      allowed: 'public',
      answer: ({ frame }) => ({ kind: 'page', page: page(frame, 'Apply', kindChoice()) }),
    },
    {
      method: 'GET',
      path: '/apply/:kind',
      allowed: 'public',
      answer: (call) =>
        isKind(call.params.kind!) ? formPage(parts, call, null, {}, []) : refuse(404, 'there is no such form'),
    },
    {
      method: 'POST',
      path: '/apply/:kind',
      allowed: 'public',
      hasFiles: true,
      answer: (call) =>
        isKind(call.params.kind!) ? receive(parts, call, null, 'new') : refuse(404, 'there is no such form'),
    },
    {
      method: 'GET',
      path: '/my/:secret',
      allowed: 'public',
      answer: (call) => {
        const application = found(call.params);
        return application === null ? refuse(404, NOT_FOUND) : statusPage(parts, call, application);
      },
    },
    {
      method: 'GET',
      path: '/my/:secret/:action',
      allowed: 'public',
      answer: (call) => {
        const application = found(call.params);
        if (application === null) return refuse(404, NOT_FOUND);
        const { action } = call.params;
        if (action !== 'amend' && action !== 'renew') return redirect(`/my/${call.params.secret!}`);
        if (!allowedActions(APPLICANT, standingOf(application)).includes(action))
          return refuse(409, 'this is not possible in the present state');
        return formPage(parts, call, application, valuesOf(parts, application), []);
      },
    },
    {
      method: 'POST',
      path: '/my/:secret/:action',
      allowed: 'public',
      hasFiles: true,
      answer: (call) => {
        const application = found(call.params);
        if (application === null) return refuse(404, NOT_FOUND);
        const { action } = call.params;
        if (action === 'amend' || action === 'renew') return receive(parts, call, application, action);
        const isAction = (ACTION_NAMES as readonly string[]).includes(action!);
        return isAction
          ? takeAction(parts, call, application, action as Action)
          : refuse(404, 'there is no such action');
      },
    },
  ];
}

/** The application of a secret link. That of a change leads to the registration once it is a part of it. */
function applicationOf(database: DeskParts['database'], secret: string): Application | null {
  const one = isSecret(secret) ? applicationBySecret(database, secretHash(secret)) : null;
  return one?.state === 'approved' && one.root !== one.id ? applicationById(database, one.root) : one;
}

function formPage(
  { database }: DeskParts,
  call: DeskCall,
  root: Application | null,
  values: Values,
  problems: readonly string[],
): DeskAnswer {
  const kind = root?.kind ?? (call.params.kind as keyof typeof KINDS);
  const { secret, action } = call.params;
  const title = root === null ? KINDS[kind].title : `${action === 'renew' ? 'Renew' : 'Change'} ${root.reference}`;
  const key = isSecret(call.form.text('key')) ? call.form.text('key') : randomSecret();
  const form = applicationForm({
    kind,
    action: root === null ? `/apply/${kind}` : `/my/${secret!}/${action!}`,
    key,
    isps: allIsps(database),
    sectors: allSectors(database),
    values: { validFrom: dateOf(call.nowMs), ...values },
    problems,
    isChange: root !== null,
  });
  return { kind: 'page', status: problems.length > 0 ? 422 : 200, page: page(call.frame, title, form) };
}

/** What the fields of a change begin with. */
function valuesOf({ database }: DeskParts, application: Application): Values {
  const statement = statementOf(database, application);
  const personal = personalOf(database, application.id);
  return {
    isp: statement.isp,
    own: statement.own.join('\n'),
    far: statement.far.join('\n'),
    protocols: statement.protocols.join(';'),
    subscriber: personal?.subscriber ?? '',
    purpose: personal?.purpose ?? '',
    validUntil: application.validUntil ?? '',
  };
}

function fieldsIn(form: Form): Values {
  const values = Object.fromEntries(SHOWN_FIELDS.map((name) => [name, form.text(name)]));
  return { ...values, protocols: form.all('protocols').join(';') };
}

/** A form that was sent: an application, or the form again with what is wrong. */
function receive(
  parts: DeskParts,
  call: DeskCall,
  root: Application | null,
  request: 'new' | 'amend' | 'renew',
): DeskAnswer {
  const { database } = parts;
  const { form, nowMs } = call;
  const key = form.text('key');
  if (!isSecret(key)) return refuse(400, 'the form has no key: load its page again');
  // The link follows from the key of the form and a key of this desk, so that a form that is sent again gets the same.
  const secret = createHmac('sha256', deskKey(database)).update(key).digest().subarray(0, 16).toString('base64url');
  if (submitted(database, key) !== null) return redirect(`/my/${secret}`);
  if (root !== null && !allowedActions(APPLICANT, standingOf(root)).includes(request as Action))
    return refuse(409, 'this is not possible in the present state');
  const kind = root?.kind ?? (call.params.kind as keyof typeof KINDS);
  const known =
    root === null ? null : { organisation: root.holder, sector: root.sector, personal: personalOf(database, root.id) };
  const read = readApplication(database, kind, form, { except: root?.root ?? null, known, nowMs });
  const evidence = form.files.get('evidence');
  const problems = [...read.problems];
  if (root === null && evidence === undefined) problems.push('the evidence is missing: choose a file again');
  const problem =
    evidence === undefined
      ? null
      : evidence.isTooLarge
        ? 'the file is larger than 5 MB'
        : fileProblem(evidence.content);
  if (problem !== null) problems.push(`evidence: ${problem}`);
  if (problems.length > 0) return formPage(parts, call, root, fieldsIn(form), problems);
  const rootApplication = root === null ? null : applicationById(database, root.root);
  const wanted = { ...read, key, secret, request, root: rootApplication, kind, atMs: nowMs };
  const stored: string[] = [];
  try {
    apply(database, wanted, ({ id, reference }) => {
      if (evidence !== undefined)
        stored.push(storeFile(database, parts.files, { application: id, ...evidence, atMs: nowMs }));
      const text = `We have received it. Your secret link:\n${call.origin}/my/${secret}`;
      parts.notify(id, `Your application ${reference}`, text);
    });
  } catch (error) {
    for (const path of stored) rmSync(path, { force: true });
    throw error;
  }
  return redirect(`/my/${secret}`);
}

function statusPage({ database }: DeskParts, call: DeskCall, application: Application): DeskAnswer {
  const { params, frame, nowMs, origin } = call;
  const base = `/my/${params.secret!}`;
  const statement = statementOf(database, application);
  const reasons = allReasons(database);
  const changes = changesOf(database, application.id);
  const isp = allIsps(database).find(({ name }) => name === application.isp);
  const titles = { isp: isp?.title ?? application.isp, sector: sectorTitle(database, application.sector) };
  const context = { statement, reasons, today: dateOf(nowMs), hasFarEnds: false };
  const forms = allowedActions(APPLICANT, standingOf(application)).map((action) =>
    WITH_FORM.includes(action)
      ? html`<p>
          <a class="button quiet-button" href="${base}/${action}"
            >${action === 'renew' ? 'Renew' : 'Change the registration'}</a
          >
        </p>`
      : actionForm({
          base,
          action,
          csrf: null,
          key: randomSecret(),
          fields: fieldsOf(action, context),
          ...(noteOf(action) !== undefined && { note: noteOf(action)! }),
        }),
  );
  const main = html`<p class="state-line">${stateBadge(application.state)} ${STATE_MEANINGS[application.state]}</p>
    ${lastWords(changes, reasons, application.state)}
    ${
      application.withdrawAskedMs !== null &&
      html`<p class="note warn">It is being given up. Until that takes effect you can keep it.</p>`
    }
    <div class="note">
      <p>
        Keep this link. It is the only way to your application, and anyone who has it can act for you:<br />
        <code class="link">${origin}${base}</code>
      </p>
    </div>
    ${
      forms.length > 0 &&
      html`<section class="panel actions" aria-label="What you can do">
        <h2>What you can do</h2>
        ${forms}
      </section>`
    }
    ${relatedPanel(relatedTo(database, application), application, false)}
    ${applicationFacts(application, statement, titles)} ${personalFacts(personalOf(database, application.id))}
    ${historyPanel(changes, reasons, true)}`;
  return { kind: 'page', page: page(frame, application.reference, main) };
}

function takeAction(parts: DeskParts, call: DeskCall, application: Application, action: Action): DeskAnswer {
  const { database } = parts;
  const { form, nowMs, params } = call;
  const appeals: Appeal[] = [];
  try {
    once(database, form.text('key'), application.id, nowMs, () => {
      actWithin(database, {
        application: application.id,
        action,
        actor: APPLICANT,
        atMs: nowMs,
        text: form.text('text').slice(0, 8000),
      });
      if (action === 'appeal') appeals.push(appealIn(database, application.id, form, nowMs));
    });
  } catch (error) {
    if (error instanceof DeedRefused) return refuse(error.status, error.message);
    throw error;
  }
  for (const appeal of appeals) void linkAppeal(parts, application, appeal).catch(() => undefined);
  return redirect(`/my/${params.secret!}`);
}

function appealIn(database: DeskParts['database'], application: number, form: Form, atMs: number): Appeal {
  const address = form.text('address').slice(0, 64);
  const event = form.text('event').slice(0, 8000);
  const id = addAppeal(database, { application, atMs, address, event });
  return { id, atMs, address, event, decisions: null };
}

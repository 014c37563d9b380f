/** Accounts, providers, reasons, texts and retention. An administrator never approves. */
import { NAME_PATTERN, NAME_RULE } from '../../web/http/accounts/account.ts';
import { passwordProblem } from '../../web/http/accounts/password-rules.ts';
import { hashPassword } from '../../web/http/accounts/password-work.ts';
import { PrefixParser } from '../../registry/prefix.ts';
import { ROLE_TITLES, STAFF_ROLES, type StaffRole } from '../model/role.ts';
import { choiceField, hidden, textArea, textField } from '../pages/field.ts';
import { type Html, html, type Piece } from '../pages/html.ts';
import { page, panel, table, time } from '../pages/layout.ts';
import { accountNamed, allAccounts, removeAccount, writeAccount } from '../store/account-store.ts';
import { addDeed } from '../store/history.ts';
import {
  allIsps,
  allReasons,
  setting,
  type SettingName,
  SETTINGS,
  writeIsp,
  writeReason,
  writeSetting,
} from '../store/settings.ts';
import type { DeskParts } from './desk-parts.ts';
import { keyPanel, keyRoutes } from './key-routes.ts';
import { sectorPanel, sectorRoutes } from './sector-routes.ts';
import { type DeskAnswer, type DeskCall, type DeskRoute, redirect, refuse } from './desk-route.ts';

const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
const LONGEST_TEXT = 2000;
const NUMBERS: Readonly<Partial<Record<SettingName, readonly [number, number]>>> = {
  retentionDays: [1, 36_500],
  widestIpv4: [8, 32],
  widestIpv6: [16, 128],
};

const VALUE_TITLES: Readonly<Partial<Record<SettingName, string>>> = {
  title: 'the name of the desk',
  notice: 'the text on the first page',
  retentionDays: 'the number of days for which personal data are kept',
  widestIpv4: 'the length of the widest IPv4 prefix',
  widestIpv6: 'the length of the widest IPv6 prefix',
};

export function adminRoutes(parts: DeskParts): readonly DeskRoute[] {
  const admin = ['admin'] as const;
  return [
    { method: 'GET', path: '/accounts', allowed: admin, answer: (call) => accountsPage(parts, call) },
    { method: 'POST', path: '/accounts', allowed: admin, answer: (call) => addAccount(parts, call) },
    { method: 'POST', path: '/accounts/remove', allowed: admin, answer: (call) => remove(parts, call) },
    { method: 'GET', path: '/settings', allowed: admin, answer: (call) => settingsPage(parts, call) },
    { method: 'POST', path: '/settings', allowed: admin, answer: (call) => setValues(parts, call) },
    { method: 'POST', path: '/settings/isp', allowed: admin, answer: (call) => setIsp(parts, call) },
    { method: 'POST', path: '/settings/reason', allowed: admin, answer: (call) => setReason(parts, call) },
    ...sectorRoutes(parts),
    ...keyRoutes(parts),
  ];
}

function accountsPage({ database }: DeskParts, { frame, csrf }: DeskCall): DeskAnswer {
  const cells = allAccounts(database).map(({ name, role, isps, changedMs }): readonly Piece[] => [
    name,
    ROLE_TITLES[role],
    isps.join(', '),
    time(changedMs),
    html`<form method="post" action="/accounts/remove">
      ${hidden('csrf', csrf)}${hidden('name', name)}<button class="danger">Remove ${name}</button>
    </form>`,
  ]);
  const accounts = table('Those who may sign in', ['Name', 'Role', 'Providers', 'Changed', 'Remove'], cells);
  const main = html`${panel('Accounts', accounts)}
  ${panel(
    'Add an account, or give it another password',
    html`<form class="desk-form narrow" method="post" action="/accounts">
      ${hidden('csrf', csrf)}
      ${textField({
        name: 'name',
        label: 'Name',
        hint: 'Small letters, digits and . _ @ -',
        isRequired: true,
        autocomplete: 'off',
      })}
      ${choiceField(
        { name: 'role', label: 'Role', isRequired: true },
        STAFF_ROLES.map((role) => ({ value: role, title: ROLE_TITLES[role] })),
      )}
      ${textField({
        name: 'isps',
        label: 'Providers that an account of a provider acts for',
        hint: allIsps(database)
          .map(({ name }) => name)
          .join(', '),
      })}
      ${textField(
        {
          name: 'password',
          label: 'Password',
          hint: 'At least 12 characters.',
          isRequired: true,
          autocomplete: 'new-password',
        },
        'password',
      )}
      <p><button class="primary">Save</button></p>
    </form>`,
  )}`;
  return { kind: 'page', page: page(frame, 'Accounts', main) };
}

async function addAccount({ database }: DeskParts, { form, user, nowMs }: DeskCall): Promise<DeskAnswer> {
  const name = form.text('name');
  const role = form.text('role') as StaffRole;
  const isps = form
    .text('isps')
    .split(/[\s,;]+/)
    .filter((one) => one !== '');
  const password = form.all('password')[0] ?? '';
  if (!NAME_PATTERN.test(name)) return refuse(400, NAME_RULE);
  if (!STAFF_ROLES.includes(role)) return refuse(400, 'choose a role');
  const known = allIsps(database).map((one) => one.name);
  const unknown = isps.find((one) => !known.includes(one));
  if (unknown !== undefined) return refuse(400, `there is no provider ${unknown}: add it in the settings`);
  if ((role === 'isp') !== isps.length > 0)
    return refuse(400, 'an account of a provider names its providers, and no other account does');
  const problem = passwordProblem(password, name);
  if (problem !== null) return refuse(400, `the password: ${problem}`);
  const hash = await hashPassword(password);
  writeAccount(database, { name, role, isps, hash }, nowMs);
  addDeed(database, {
    atMs: nowMs,
    actor: user!.name,
    role: 'admin',
    what: 'write-account',
    fields: { name, role, isps },
  });
  return redirect('/accounts');
}

function remove({ database }: DeskParts, { form, user, nowMs }: DeskCall): DeskAnswer {
  const name = form.text('name');
  const account = accountNamed(database, name);
  if (account === null) return refuse(404, 'there is no such account');
  const admins = allAccounts(database).filter(({ role }) => role === 'admin');
  if (account.role === 'admin' && admins.length === 1) return refuse(409, 'the last administrator cannot be removed');
  removeAccount(database, name, nowMs);
  addDeed(database, { atMs: nowMs, actor: user!.name, role: 'admin', what: 'remove-account', fields: { name } });
  return redirect('/accounts');
}

function settingsPage(parts: DeskParts, { frame, csrf }: DeskCall): DeskAnswer {
  const { database } = parts;
  const main = html`${valuesPanel(database, csrf)} ${ispsPanel(database, csrf)} ${reasonsPanel(database, csrf)}
  ${sectorPanel(parts, csrf)} ${keyPanel(parts, csrf)}`;
  return { kind: 'page', page: page(frame, 'Settings', main) };
}

function valuesPanel(database: DeskParts['database'], csrf: string): Html {
  const value = (name: SettingName): string => setting(database, name);
  return panel(
    'Texts and rules',
    html`<form class="desk-form" method="post" action="/settings">
      ${hidden('csrf', csrf)}
      ${textField({ name: 'title', label: 'Name of the desk', value: value('title'), isRequired: true })}
      ${textArea({ name: 'notice', label: 'Text on the first page', value: value('notice') })}
      ${textField(
        {
          name: 'retentionDays',
          label: 'Days for which personal data are kept after an application has ended',
          value: value('retentionDays'),
          isRequired: true,
        },
        'number',
      )}
      <div class="pair">
        ${textField(
          { name: 'widestIpv4', label: 'Widest prefix, IPv4', value: value('widestIpv4'), isRequired: true },
          'number',
        )}
        ${textField(
          { name: 'widestIpv6', label: 'Widest prefix, IPv6', value: value('widestIpv6'), isRequired: true },
          'number',
        )}
      </div>
      <p><button class="primary">Save</button></p>
    </form>`,
  );
}

function ispsPanel(database: DeskParts['database'], csrf: string): Html {
  return panel(
    'Internet providers',
    html`${table(
        'Providers in the form',
        ['Name', 'Title', 'Ranges', 'In the form'],
        allIsps(database).map(({ name, title, prefixes, isActive }) => [
          name,
          title,
          prefixes.join(', '),
          isActive ? 'yes' : 'no',
        ]),
      )}
      <form class="desk-form narrow" method="post" action="/settings/isp">
        ${hidden('csrf', csrf)}
        ${textField({
          name: 'isp-name',
          label: 'Short name',
          isRequired: true,
        })}${textField({ name: 'isp-title', label: 'Title', isRequired: true })}
        ${textArea({ name: 'isp-prefixes', label: 'Its ranges, one on each line' })}
        ${choiceField({ name: 'isp-active', label: 'In the form', value: 'yes', isRequired: true }, YES_NO)}
        <p><button>Save the provider</button></p>
      </form>`,
  );
}

function reasonsPanel(database: DeskParts['database'], csrf: string): Html {
  return panel(
    'Reasons',
    html`${table(
        'Reasons to refuse and to revoke',
        ['Code', 'Use', 'Title', 'In use'],
        allReasons(database).map(({ code, use, title, isActive }) => [code, use, title, isActive ? 'yes' : 'no']),
      )}
      <form class="desk-form narrow" method="post" action="/settings/reason">
        ${hidden('csrf', csrf)} ${textField({ name: 'code', label: 'Code', isRequired: true })}
        ${choiceField({ name: 'use', label: 'Use', isRequired: true }, [
          { value: 'refuse', title: 'to refuse' },
          { value: 'revoke', title: 'to revoke' },
        ])}${textField({ name: 'reason-title', label: 'Title', isRequired: true })}
        ${choiceField({ name: 'reason-active', label: 'In use', value: 'yes', isRequired: true }, YES_NO)}
        <p><button>Save the reason</button></p>
      </form>`,
  );
}

const YES_NO = [
  { value: 'yes', title: 'yes' },
  { value: 'no', title: 'no' },
];

function setValues({ database }: DeskParts, { form, user, nowMs }: DeskCall): DeskAnswer {
  const names = (Object.keys(SETTINGS) as SettingName[]).filter((name) => name !== 'documentation');
  for (const name of names) {
    const text = form.text(name);
    const bounds = NUMBERS[name];
    const value = Number(text);
    if (bounds !== undefined && !(/^\d+$/.test(text) && value >= bounds[0] && value <= bounds[1]))
      return refuse(400, `${VALUE_TITLES[name]!} must be a whole number from ${bounds[0]} to ${bounds[1]}`);
    if (text.length > LONGEST_TEXT || (name === 'title' && text === ''))
      return refuse(400, `${VALUE_TITLES[name]!} is missing, or longer than ${LONGEST_TEXT} characters`);
  }
  for (const name of names) writeSetting(database, name, form.text(name));
  addDeed(database, { atMs: nowMs, actor: user!.name, role: 'admin', what: 'write-settings' });
  return redirect('/settings');
}

function setIsp({ database }: DeskParts, { form, user, nowMs }: DeskCall): DeskAnswer {
  const name = form.text('isp-name');
  const prefixes = form
    .text('isp-prefixes')
    .split(/[\s,;]+/)
    .filter((one) => one !== '');
  const parser = new PrefixParser();
  if (!NAME.test(name)) return refuse(400, 'a short name has small letters, digits and -');
  for (const prefix of prefixes) if (!parser.parse(prefix)) return refuse(400, `${prefix}: ${parser.message}`);
  writeIsp(database, {
    name,
    title: form.text('isp-title').slice(0, 100),
    prefixes,
    isActive: form.text('isp-active') === 'yes',
  });
  addDeed(database, { atMs: nowMs, actor: user!.name, role: 'admin', what: 'write-isp', fields: { name } });
  return redirect('/settings');
}

function setReason({ database }: DeskParts, { form, user, nowMs }: DeskCall): DeskAnswer {
  const code = form.text('code');
  const use = form.text('use');
  const title = form.text('reason-title').slice(0, 200);
  if (!NAME.test(code) || (use !== 'refuse' && use !== 'revoke') || title === '')
    return refuse(400, 'a reason has a code of small letters, digits and -, a use and a title');
  writeReason(database, { code, use, title, isActive: form.text('reason-active') === 'yes' });
  addDeed(database, { atMs: nowMs, actor: user!.name, role: 'admin', what: 'write-reason', fields: { code } });
  return redirect('/settings');
}

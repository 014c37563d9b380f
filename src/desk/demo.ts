/** A desk of examples in documentation prefixes: accounts for every role, and applications in every state. */
import { hashPassword } from '../web/http/accounts/password-work.ts';
import type { KindName } from './model/kind.ts';
import { type Actor, APPLICANT } from './model/permission.ts';
import { randomSecret } from './model/reference.ts';
import type { StaffRole } from './model/role.ts';
import type { Action } from './model/transition.ts';
import type { LoggedDecision } from './decisions/logged-decision.ts';
import { addAppeal, linkDecisions } from './store/appeal-store.ts';
import { writeAccount } from './store/account-store.ts';
import type { DeskDatabase } from './store/desk-database.ts';
import { writeIsp, writeSetting } from './store/settings.ts';
import { act, type Deed } from './work/act.ts';
import { apply } from './work/apply.ts';
import { dateOf } from './work/date-text.ts';

const MS_PER_HOUR = 3_600_000;
const MS_PER_DAY = 24 * MS_PER_HOUR;

const STAFF: readonly { readonly name: string; readonly role: StaffRole; readonly isps: readonly string[] }[] = [
  { name: 'admin', role: 'admin', isps: [] },
  { name: 'anna', role: 'reviewer', isps: [] },
  { name: 'boris', role: 'reviewer', isps: [] },
  { name: 'auditor', role: 'auditor', isps: [] },
  { name: 'northnet', role: 'isp', isps: ['north-net'] },
  { name: 'southtel', role: 'isp', isps: ['south-tel'] },
];

const ANNA: Actor = { role: 'reviewer', name: 'anna', isps: [] };
const BORIS: Actor = { role: 'reviewer', name: 'boris', isps: [] };

interface Example {
  readonly name: string;
  readonly kind: KindName;
  readonly sector: string;
  readonly isp: string;
  readonly own: string;
  readonly far: string;
  readonly purpose: string;
  readonly hoursAgo: number;
  /** What was done with it. */
  readonly steps: readonly (readonly [Action, Actor, Partial<Deed>?])[];
}

function isp(name: string): Actor {
  return { role: 'isp', name: name === 'north-net' ? 'northnet' : 'southtel', isps: [name] };
}

const NORTH = isp('north-net');
const SOUTH = isp('south-tel');

const EXAMPLES: readonly Example[] = [
  example('Meridian Example Bank', 'bank', 'bank', 'north-net', '198.51.100.192/28', 900, [
    ['confirm', NORTH],
    ['approve', ANNA],
  ]),
  example('Kestrel Example Software', 'software-house', 'it', 'north-net', '198.51.100.16/30', 700, [
    ['confirm', NORTH],
    ['approve', BORIS],
  ]),
  example('Harbour Example Trading', 'company', 'enterprise', 'south-tel', '203.0.113.8/29', 30, [['confirm', SOUTH]]),
  example('Ibis Example Support', 'call-centre', 'call-centre', 'south-tel', '203.0.113.32/28', 26, [
    ['confirm', SOUTH],
  ]),
  example('University of Example', 'university', 'university', 'north-net', '2001:db8:40::/48', 5, [
    ['confirm', NORTH],
  ]),
  example('Mission of Exampleland', 'mission', 'mission', 'south-tel', '203.0.113.64/29', 4, []),
  example('Alder Example Logistics', 'company', 'enterprise', 'north-net', '198.51.100.40/31', 3, []),
  example('Ada Example', 'freelancer', 'freelancer', 'north-net', '', 2, []),
  example('Tern Example Studio', 'software-house', 'it', 'south-tel', '203.0.113.80/30', 50, [
    ['object', SOUTH, { text: 'The subscriber number belongs to another address. Please check it.' }],
  ]),
  example('Quarry Example Works', 'company', 'enterprise', 'north-net', '198.51.100.64/27', 60, [
    ['confirm', NORTH],
    ['ask', ANNA, { text: 'What are the thirty-two addresses used for?' }],
  ]),
  example('Openroad Example VPN', 'company', 'other', 'south-tel', '203.0.113.96/29', 120, [
    ['confirm', SOUTH],
    ['refuse', BORIS, { reason: 'public-service' }],
  ]),
  example('Lantern Example Bank', 'bank', 'bank', 'south-tel', '203.0.113.128/28', 400, [
    ['confirm', SOUTH],
    ['approve', ANNA],
    ['appeal', APPLICANT, { text: 'Our branch has been cut off since Sunday evening.' }],
  ]),
  example('Northgate Example Trading', 'company', 'enterprise', 'north-net', '198.51.100.96/29', 500, [
    ['confirm', NORTH],
    ['approve', BORIS],
    ['propose-revocation', ANNA, { reason: 'left' }],
  ]),
];

function example(
  name: string,
  kind: KindName,
  sector: string,
  provider: string,
  own: string,
  hoursAgo: number,
  steps: Example['steps'],
): Example {
  const purpose =
    kind === 'freelancer' ? 'Work for an employer abroad' : 'Offices and staff at home reach the same systems';
  return { name, kind, sector, isp: provider, own, far: '192.0.2.10/32', purpose, hoursAgo, steps };
}

/** Fills a new desk. `password` is that of every account. */
export async function fillDemo(database: DeskDatabase, password: string, nowMs: number): Promise<void> {
  writeSetting(database, 'documentation', 'take');
  writeSetting(database, 'title', 'VPN registration desk');
  writeIsp(database, {
    name: 'north-net',
    title: 'North Net',
    prefixes: ['198.51.100.0/24', '2001:db8::/32'],
    isActive: true,
  });
  writeIsp(database, { name: 'south-tel', title: 'South Telecom', prefixes: ['203.0.113.0/24'], isActive: true });
  const hash = await hashPassword(password);
  for (const one of STAFF) writeAccount(database, { ...one, hash }, nowMs);
  for (const one of EXAMPLES) addExample(database, one, nowMs);
}

function addExample(database: DeskDatabase, one: Example, nowMs: number): void {
  const atMs = nowMs - one.hoursAgo * MS_PER_HOUR;
  const isPerson = one.kind === 'freelancer';
  const { application } = apply(database, {
    key: randomSecret(),
    secret: randomSecret(),
    request: 'new',
    root: null,
    kind: one.kind,
    organisation: isPerson ? '' : one.name,
    sector: one.sector,
    statement: {
      isp: one.isp,
      own: one.own === '' ? [] : [one.own],
      far: [one.far],
      protocols: ['wireguard'],
      scope: '',
      validFrom: dateOf(atMs),
      validUntil: dateOf(nowMs + 365 * MS_PER_DAY),
    },
    personal: {
      contact: 'Example Contact',
      mail: 'contact@example.org',
      phone: '',
      subscriber: `S-${one.hoursAgo}`,
      purpose: one.purpose,
      person: isPerson ? one.name : '',
    },
    atMs,
  });
  for (const [at, [action, actor, more]] of one.steps.entries()) {
    const date = action === 'propose-revocation' ? { date: dateOf(nowMs + 14 * MS_PER_DAY) } : {};
    const stepMs = Math.min(nowMs, atMs + (at + 1) * MS_PER_HOUR);
    act(database, { application: application.id, action, actor, atMs: stepMs, ...date, ...more });
    if (action === 'appeal') addExampleAppeal(database, application.id, one, stepMs);
  }
}

/** A network that has read a registry of before the approval. */
function addExampleAppeal(database: DeskDatabase, application: number, { own, far }: Example, atMs: number): void {
  const address = own.split('/')[0]!;
  const flow = '5f0e2d9c41b7a683';
  const appeal = addAppeal(database, { application, atMs, address, event: flow });
  const decision: LoggedDecision = {
    time: `${new Date(atMs - MS_PER_HOUR).toISOString().slice(0, 19)}.250000Z`,
    flow,
    source: address,
    destination: far.split('/')[0]!,
    protocol: 'wireguard',
    action: 'block',
    mode: 'enforce',
    rule: 'unregistered',
    reason: 'unregistered',
    references: [],
  };
  linkDecisions(database, appeal, [decision]);
}

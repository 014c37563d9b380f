/** Pages for everybody: the start, the status of a reference, and whether an address is registered. */
import { PrefixParser } from '../../registry/prefix.ts';
import { isReference } from '../model/reference.ts';
import { STATE_MEANINGS } from '../model/state.ts';
import { hidden, textField } from '../pages/field.ts';
import { html, type Piece } from '../pages/html.ts';
import { facts, page, panel, time } from '../pages/layout.ts';
import { stateBadge } from '../pages/case-parts.ts';
import { applicationByReference } from '../store/application.ts';
import { coveringRows, type RegistryRow } from '../store/registry-rows.ts';
import { setting } from '../store/settings.ts';
import { checkAddresses } from '../work/address-check.ts';
import { dateOf, dayBefore } from '../work/date-text.ts';
import type { DeskParts } from './desk-parts.ts';
import type { DeskCall, DeskRoute } from './desk-route.ts';

export function publicRoutes(parts: DeskParts): readonly DeskRoute[] {
  const { database } = parts;
  return [
    {
      method: 'GET',
      path: '/',
      allowed: 'public',
      answer: ({ frame }) => ({
        kind: 'page',
        page: page(frame, frame.desk, startPage(setting(database, 'notice'))),
      }),
    },
    {
      method: 'GET',
      path: '/status',
      allowed: 'public',
      answer: (call) => ({ kind: 'page', page: page(call.frame, 'Status of an application', statusPage(parts, call)) }),
    },
    {
      method: 'GET',
      path: '/registered',
      allowed: 'public',
      answer: (call) => ({ kind: 'page', page: page(call.frame, 'Is it registered?', registeredPage(parts, call)) }),
    },
    {
      method: 'POST',
      path: '/check-addresses',
      allowed: 'public',
      writesHere: false,
      answer: ({ form }) => ({
        kind: 'json',
        value: checkAddresses(database, form.text('addresses').slice(0, 8000), {
          isp: form.text('end') === 'own' ? form.text('isp') : null,
          except: null,
        }),
      }),
    },
  ];
}

function startPage(notice: string): Piece {
  return html`${notice !== '' && html`<p class="note">${notice}</p>`}
    <p>
      Register the VPN of your organisation, or your own as a freelancer. What is registered is recognised by networks
      and keeps working.
    </p>
    <p><a class="button" href="/apply">Apply</a></p>
    <div class="desk-grid">
      ${panel(
        'How it goes',
        html`<ol>
          <li>You apply. You need no account, and get a reference and a secret link.</li>
          <li>Your internet provider confirms that the addresses are yours.</li>
          <li>The regulator reviews the application, usually within 8 working hours.</li>
          <li>What is approved is in the registry within a minute.</li>
        </ol>`,
      )}
      ${panel(
        'You have applied already',
        html`<p>Open your secret link to answer a question, change, renew or give up a registration, or to appeal.</p>
          <p><a href="/status">Look up a reference</a></p>`,
      )}
      ${panel(
        'You are cut off although you are registered',
        html`<p>Open your secret link and appeal. Your registration stays in force meanwhile.</p>
          <p><a href="/registered">Is it registered, until when?</a></p>`,
      )}
    </div>`;
}

function statusPage({ database }: DeskParts, { query }: DeskCall): Piece {
  const reference = (query.reference ?? '').trim().toUpperCase();
  const found = isReference(reference) ? applicationByReference(database, reference) : null;
  return html`<form class="desk-form narrow" method="get" action="/status">
      ${textField({
        name: 'reference',
        label: 'Reference',
        hint: 'Like OW-2026-000123.',
        value: reference,
        isRequired: true,
      })}
      <p><button class="primary">Look up</button></p>
    </form>
    ${
      reference !== '' &&
      (found === null
        ? html`<p class="note warn" role="status">No application has the reference ${reference}.</p>`
        : html`<section class="panel" role="status">
            <h2>${reference}</h2>
            ${facts([
              ['State', stateBadge(found.state)],
              ['Since', time(found.changedMs)],
            ])}
            <p>${STATE_MEANINGS[found.state]}</p>
          </section>`)
    }`;
}

/** Reference and address are needed together, so that the registry cannot be read out, and no holder is named. */
function registeredPage({ database }: DeskParts, { query, nowMs }: DeskCall): Piece {
  const reference = (query.reference ?? '').trim().toUpperCase();
  const address = (query.address ?? '').trim();
  return html`<form class="desk-form narrow" method="get" action="/registered">
      ${textField({ name: 'reference', label: 'Reference', value: reference, isRequired: true })}
      ${textField({ name: 'address', label: 'Address', value: address, isRequired: true })} ${hidden('ask', 'yes')}
      <p><button class="primary">Look up</button></p>
    </form>
    ${reference !== '' && address !== '' && registeredAnswer(database, reference, address, dateOf(nowMs))}`;
}

function registeredAnswer(database: DeskParts['database'], reference: string, address: string, today: string): Piece {
  const parser = new PrefixParser();
  if (!parser.parse(address)) return html`<p class="note bad" role="status">${address}: ${parser.message}.</p>`;
  const found = coveringRows(database, address).filter((one) => one.reference === reference);
  // A renewal that begins later has rows of its own.
  const inForce = found.filter((one) => one.validFrom <= today && isOpen(one, today));
  const [first] = inForce.length > 0 ? inForce : found.filter((one) => isOpen(one, today));
  const shown = first ?? found[0];
  if (shown === undefined)
    return html`<p class="note warn" role="status">This address is not registered under this reference.</p>`;
  const { validFrom } = shown;
  const validUntil = lastDay(shown, found);
  if (validFrom > today) return html`<p class="note" role="status">It is registered from ${validFrom} on.</p>`;
  if (validUntil !== '' && validUntil < today)
    return html`<p class="note warn" role="status">It was registered until ${validUntil}.</p>`;
  return html`<p class="note good" role="status">
    It is registered ${validUntil === '' ? 'without an end' : `until ${validUntil}, with that day`}.
  </p>`;
}

function isOpen({ validUntil }: RegistryRow, today: string): boolean {
  return validUntil === '' || validUntil >= today;
}

/** The last day of a row, and of those that begin on the day after it. */
function lastDay({ validUntil }: RegistryRow, others: readonly RegistryRow[]): string {
  let last = validUntil;
  for (const one of others.toSorted((a, b) => (a.validFrom < b.validFrom ? -1 : 1)))
    if (last !== '' && one.validFrom !== '' && dayBefore(one.validFrom) === last) last = one.validUntil;
  return last;
}

/** The keys that sign the registry: an administrator begins a new one, and retires the old one later. */
import { hidden } from '../pages/field.ts';
import { html, type Piece } from '../pages/html.ts';
import { panel } from '../pages/layout.ts';
import { addDeed } from '../store/history.ts';
import type { DeskParts } from './desk-parts.ts';
import { type DeskAnswer, type DeskCall, type DeskRoute, redirect, refuse } from './desk-route.ts';

const REFUSALS = {
  begin: 'there is a new key already: retire the old one first',
  retire: 'there is only one key',
} as const;

export function keyRoutes(parts: DeskParts): readonly DeskRoute[] {
  const allowed = ['admin'] as const;
  return [
    { method: 'POST', path: '/settings/key/begin', allowed, answer: (call) => change(parts, call, 'begin') },
    { method: 'POST', path: '/settings/key/retire', allowed, answer: (call) => change(parts, call, 'retire') },
  ];
}

function change(parts: DeskParts, { user, nowMs }: DeskCall, what: 'begin' | 'retire'): DeskAnswer {
  const { keys, database } = parts;
  const id = what === 'begin' ? keys.begin() : keys.retire();
  if (id === null) return refuse(409, REFUSALS[what]);
  addDeed(database, { atMs: nowMs, actor: user!.name, role: 'admin', what: `${what}-key`, fields: { id } });
  parts.onRegistryChange();
  return redirect('/settings');
}

export function keyPanel({ keys }: DeskParts, csrf: string): Piece {
  const { shown } = keys;
  const form = (what: string, title: string, tone: string): Piece =>
    html`<form method="post" action="/settings/key/${what}">
      ${hidden('csrf', csrf)}
      <p><button class="${tone}">${title}</button></p>
    </form>`;
  return panel(
    'Keys',
    html`<p>Networks check the registry with a public key (<code>--rules-keys</code>).</p>
      ${shown.map(
        ({ id, publicKey, isNext }) =>
          html`<h3>${isNext ? 'New key' : 'Key'} <span class="mono">${id}</span></h3>
            <pre>${publicKey}</pre>`,
      )}
      ${
        shown.length > 1
          ? html`<p>The registry is signed with both. Retire the old key when every network has the new one.</p>
              ${form('retire', 'Retire the old key', 'danger')}`
          : html`<p>A new key signs beside this one, until this one is retired.</p>
              ${form('begin', 'Begin a new key', 'quiet-button')}`
      }`,
  );
}

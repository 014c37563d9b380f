/** Sectors: what they are called, and which of them the form offers. Their names in the registry are the engine's. */
import { choiceField, hidden, textField } from '../pages/field.ts';
import { html, type Piece } from '../pages/html.ts';
import { panel, table } from '../pages/layout.ts';
import { addDeed } from '../store/history.ts';
import { allSectors, writeSector } from '../store/sector-store.ts';
import type { DeskParts } from './desk-parts.ts';
import { type DeskAnswer, type DeskCall, type DeskRoute, redirect, refuse } from './desk-route.ts';

const LONGEST_TITLE = 60;

export function sectorRoutes(parts: DeskParts): readonly DeskRoute[] {
  return [{ method: 'POST', path: '/settings/sector', allowed: ['admin'], answer: (call) => setSector(parts, call) }];
}

function setSector({ database }: DeskParts, { form, user, nowMs }: DeskCall): DeskAnswer {
  const sectors = allSectors(database);
  const sector = sectors.find(({ name }) => name === form.text('sector'));
  const title = form.text('sector-title').slice(0, LONGEST_TITLE);
  const isOffered = form.text('sector-offered') === 'yes';
  if (sector === undefined || title === '') return refuse(400, 'choose a sector, and write what it is called');
  const others = sectors.filter((one) => one.isOffered && one.name !== sector.name);
  if (!isOffered && others.length === 0) return refuse(409, 'the form must offer a sector');
  writeSector(database, { name: sector.name, title, isOffered });
  const fields = { sector: sector.name, title, offered: isOffered };
  addDeed(database, { atMs: nowMs, actor: user!.name, role: 'admin', what: 'write-sector', fields });
  return redirect('/settings');
}

export function sectorPanel({ database }: DeskParts, csrf: string): Piece {
  const sectors = allSectors(database);
  return panel(
    'Sectors',
    html`${table(
        'Sectors of the registry',
        ['Name', 'Title', 'In the form'],
        sectors.map(({ name, title, isOffered }) => [name, title, isOffered ? 'yes' : 'no']),
      )}
      <form class="desk-form narrow" method="post" action="/settings/sector">
        ${hidden('csrf', csrf)}
        ${choiceField(
          { name: 'sector', label: 'Sector', isRequired: true },
          sectors.map(({ name, title }) => ({ value: name, title: `${name} (${title})` })),
        )}
        ${textField({ name: 'sector-title', label: 'Title', isRequired: true })}
        ${choiceField({ name: 'sector-offered', label: 'In the form', value: 'yes', isRequired: true }, [
          { value: 'yes', title: 'yes' },
          { value: 'no', title: 'no' },
        ])}
        <p><button>Save the sector</button></p>
      </form>`,
  );
}

/** The frame of every page: header, navigation by role, notes, and the main part. */
import type { StaffRole } from '../model/role.ts';
import { ROLE_TITLES } from '../model/role.ts';
import { type Html, html, type Piece } from './html.ts';

/** What the frame shows of the one who looks. */
export interface Viewer {
  readonly name: string;
  readonly role: StaffRole;
  readonly csrf: string;
}

export interface Frame {
  readonly desk: string;
  readonly viewer: Viewer | null;
  /** The path of the page, to mark it in the navigation. */
  readonly path: string;
  /** A desk of examples: nothing here is real. */
  readonly isDemo: boolean;
}

interface Link {
  readonly path: string;
  readonly title: string;
}

const PUBLIC_LINKS: readonly Link[] = [
  { path: '/', title: 'Start' },
  { path: '/apply', title: 'Apply' },
  { path: '/status', title: 'Status' },
  { path: '/registered', title: 'Is it registered?' },
];

const STAFF_LINKS: Readonly<Record<StaffRole, readonly Link[]>> = {
  isp: [{ path: '/queue', title: 'To confirm' }],
  reviewer: [
    { path: '/queue', title: 'Queue' },
    { path: '/search', title: 'Search' },
    { path: '/imports', title: 'Imports' },
    { path: '/limits', title: 'Limits' },
    { path: '/registry', title: 'Registry' },
  ],
  auditor: [
    { path: '/queue', title: 'Queue' },
    { path: '/search', title: 'Search' },
    { path: '/imports', title: 'Imports' },
    { path: '/changes', title: 'Changes' },
    { path: '/registry', title: 'Registry' },
  ],
  admin: [
    { path: '/accounts', title: 'Accounts' },
    { path: '/settings', title: 'Settings' },
    { path: '/changes', title: 'Changes' },
    { path: '/registry', title: 'Registry' },
  ],
};

export function page(frame: Frame, title: string, main: Piece): Html {
  const { desk, viewer, path, isDemo } = frame;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} – ${desk}</title>
        <link rel="stylesheet" href="/desk.css" />
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        <script src="/desk.js" defer></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the page</a>
        <header class="frame-header">
          <div class="identity">
            <a class="brand" href="/"><img src="/icon.svg" alt="" width="22" height="22" />${desk}</a>
            ${viewer === null ? html`<a class="state" href="/sign-in">Staff sign in</a>` : signedIn(viewer)}
          </div>
          <nav class="navigation" aria-label="Pages">
            <ul>
              ${links(viewer, path)}
            </ul>
          </nav>
        </header>
        <main id="main" class="desk-main">
          ${
            isDemo &&
            html`<p class="note warn">A demonstration: names and addresses are examples, and nothing here is real.</p>`
          }
          <h1>${title}</h1>
          ${main}
        </main>
      </body>
    </html> `;
}

function signedIn({ name, role, csrf }: Viewer): Html {
  return html`<form class="state" method="post" action="/sign-out">
    <input type="hidden" name="csrf" value="${csrf}" /><span>${name} (${ROLE_TITLES[role]})</span>
    <button class="quiet">Sign out</button>
  </form>`;
}

function links(viewer: Viewer | null, path: string): Html[] {
  const shown = viewer === null ? PUBLIC_LINKS : STAFF_LINKS[viewer.role];
  return shown.map(
    (link) =>
      html`<li><a href="${link.path}" ${link.path === path && html` aria-current="page"`}>${link.title}</a></li>`,
  );
}

/** A part of a page with a title. */
export function panel(title: string, content: Piece): Html {
  return html`<section class="panel">
    <header><h2>${title}</h2></header>
    ${content}
  </section>`;
}

/** Pairs of a term and its value; those without a value are left out. */
export function facts(pairs: readonly (readonly [term: string, value: Piece])[]): Html {
  const shown = pairs.filter(([, value]) => value !== null && value !== '' && value !== undefined && value !== false);
  return html`<dl class="facts">
    ${shown.map(
      ([term, value]) =>
        html`<div>
          <dt>${term}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** Problems of a form, in a list that takes the focus of a screen reader. */
export function problems(list: readonly string[]): Piece {
  if (list.length === 0) return null;
  return html`<div class="note bad" role="alert">
    <div>
      <p><strong>It was not sent.</strong> Please mend:</p>
      <ul>
        ${list.map((one) => html`<li>${one}</li>`)}
      </ul>
    </div>
  </div>`;
}

/** A table of data. Each row has one cell for each title. */
export function table(caption: string, titles: readonly string[], rows: readonly (readonly Piece[])[]): Html {
  if (rows.length === 0) return html`<p class="empty">${caption}: none.</p>`;
  return html`<div class="table-region">
    <table class="cards">
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${titles.map((title) => html`<th scope="col">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell, at) => html`<td data-title="${titles[at]}">${cell}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

/** A day and time, UTC, for people and for programs. */
export function time(atMs: number): Html {
  const text = new Date(atMs).toISOString();
  return html`<time datetime="${text}">${text.slice(0, 16).replace('T', ' ')} UTC</time>`;
}

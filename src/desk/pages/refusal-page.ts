/** The page of a request that was refused: what is wrong, and where to go on. */
import { HOMES } from '../model/role.ts';
import { type Html, html } from './html.ts';
import { type Frame, page } from './layout.ts';

const TITLES: Readonly<Record<number, string>> = {
  401: 'You are not signed in',
  403: 'Not allowed',
  404: 'Not found',
  413: 'Too large',
  429: 'Too many requests',
  500: 'It failed',
};

export function refusalPage(frame: Frame, status: number, problem: string): Html {
  const { viewer } = frame;
  const [path, title] =
    status === 401
      ? ['/sign-in', 'Sign in']
      : viewer === null
        ? ['/', 'Back to the start']
        : [HOMES[viewer.role], 'Back to your first page'];
  return page(
    frame,
    TITLES[status] ?? 'This was not done',
    html`<p class="note bad" role="alert">${sentence(problem)}</p>
      <p><a href="${path}">${title}</a></p>`,
  );
}

/** With a capital letter and a full stop. */
function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

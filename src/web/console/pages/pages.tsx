/** The pages by their addresses, in the order of the navigation. A new page is a line here. */
import type { ComponentType } from 'preact';
import type { LiveDocument } from '../../api/live-schema.ts';
import type { Place } from '../router.ts';
import { text } from '../text/catalogue.ts';
import { OverviewPage } from './overview/overview-page.tsx';

export interface PageProps {
  readonly live: LiveDocument;
  readonly place: Place;
}

export interface Page {
  readonly path: string;
  readonly title: string;
  readonly view: ComponentType<PageProps>;
}

export const PAGES: readonly Page[] = [{ path: '/', title: text.pages.overview, view: OverviewPage }];

/** The page of an address; null for none. */
export function pageOf(path: string): Page | null {
  return PAGES.find((page) => page.path === path || (page.path !== '/' && path.startsWith(`${page.path}/`))) ?? null;
}

/** The pages by their addresses, in the order of the navigation. A new page is a line here. */
import type { LiveDocument } from '../../api/live-schema.ts';
import type { ViewedPage } from '../shell/navigation.tsx';
import { pageIn, type Place } from '../shell/router.ts';
import { text } from '../text/catalogue.ts';
import { DecisionsPage } from './decisions/decisions-page.tsx';
import { ExplanationPage } from './explanation/explanation-page.tsx';
import { HealthPage } from './health/health-page.tsx';
import { IncidentPage } from './incidents/incident-page.tsx';
import { IncidentsPage } from './incidents/incidents-page.tsx';
import { OverviewPage } from './overview/overview-page.tsx';
import { RegistryPage } from './registry/registry-page.tsx';
import { RulesPage } from './rules/rules-page.tsx';
import { ReportsPage } from './reports/reports-page.tsx';
import { SignInPage } from './sign-in/sign-in-page.tsx';

export interface PageProps {
  readonly live: LiveDocument;
  /** The daemon does not answer: `live` is old. */
  readonly isLost: boolean;
  readonly place: Place;
}

export type Page = ViewedPage<PageProps>;

const { pages } = text.shell;

export const PAGES: readonly Page[] = [
  { path: '/', title: pages.overview, isListed: true, view: OverviewPage },
  { path: '/decisions', title: pages.decisions, isListed: true, view: DecisionsPage },
  { path: '/decisions/', title: pages.explanation, isListed: false, view: ExplanationPage },
  { path: '/rules', title: pages.rules, isListed: true, view: RulesPage },
  { path: '/registry', title: pages.registry, isListed: true, view: RegistryPage },
  { path: '/incidents', title: pages.incidents, isListed: true, view: IncidentsPage },
  { path: '/incidents/', title: pages.incidents, isListed: false, view: IncidentPage },
  { path: '/reports', title: pages.reports, isListed: true, view: ReportsPage },
  { path: '/health', title: pages.health, isListed: true, view: HealthPage },
  { path: '/sign-in', title: pages.signIn, isListed: false, openView: SignInPage },
];

/** The page of an address; null for none. */
export function pageOf(path: string): Page | null {
  return pageIn(PAGES, path);
}

/** The pages of a hub, in the order of the navigation. */
import type { HubDocument } from '../../api/hub-schema.ts';
import { IncidentPage } from '../pages/incidents/incident-page.tsx';
import { IncidentsPage } from '../pages/incidents/incidents-page.tsx';
import { SignInPage } from '../pages/sign-in/sign-in-page.tsx';
import type { ViewedPage } from '../shell/navigation.tsx';
import type { Place } from '../shell/router.ts';
import { text } from '../text/catalogue.ts';
import { HubOverview } from './hub-overview.tsx';
import { SensorsPage } from './sensors-page.tsx';

export interface HubPageProps {
  readonly live: HubDocument;
  readonly place: Place;
}

export type HubPage = ViewedPage<HubPageProps>;

const { pages } = text.hub;

export const HUB_PAGES: readonly HubPage[] = [
  { path: '/', title: pages.overview, isListed: true, view: HubOverview },
  { path: '/sensors', title: pages.sensors, isListed: true, view: SensorsPage },
  { path: '/incidents', title: pages.incidents, isListed: true, view: IncidentsPage },
  { path: '/incidents/', title: pages.incidents, isListed: false, view: IncidentPage },
  { path: '/sign-in', title: pages.signIn, isListed: false, openView: SignInPage },
];

/** The pages of a hub, in the order of the navigation. */
import type { ComponentType } from 'preact';
import type { HubDocument } from '../../api/hub-schema.ts';
import { IncidentPage } from '../pages/incidents/incident-page.tsx';
import { IncidentsPage } from '../pages/incidents/incidents-page.tsx';
import { SignInPage } from '../pages/sign-in/sign-in-page.tsx';
import type { Place } from '../shell/router.ts';
import { text } from '../text/catalogue.ts';
import { HubOverview } from './hub-overview.tsx';
import { SensorsPage } from './sensors-page.tsx';

export interface HubPageProps {
  readonly live: HubDocument;
  readonly place: Place;
}

export interface HubPage {
  /** The address. A page whose path ends in `/` is that of all addresses below it. */
  readonly path: string;
  readonly title: string;
  readonly isListed: boolean;
  readonly view?: ComponentType<HubPageProps>;
  /** Instead of `view`: a page that needs no figures. */
  readonly openView?: ComponentType<{ readonly place: Place }>;
}

const { pages } = text.hub;

export const HUB_PAGES: readonly HubPage[] = [
  { path: '/', title: pages.overview, isListed: true, view: HubOverview },
  { path: '/sensors', title: pages.sensors, isListed: true, view: SensorsPage },
  { path: '/incidents', title: pages.incidents, isListed: true, view: IncidentsPage },
  { path: '/incidents/', title: pages.incidents, isListed: false, view: IncidentPage },
  { path: '/sign-in', title: pages.signIn, isListed: false, openView: SignInPage },
];

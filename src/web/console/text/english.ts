/** The texts in English: a file per page, and those that pages share. */
import { action } from './english/action.ts';
import { calendar } from './english/calendar.ts';
import { change } from './english/change.ts';
import { chart } from './english/chart.ts';
import { component } from './english/component.ts';
import { decisions } from './english/decisions.ts';
import { explanation } from './english/explanation.ts';
import { health } from './english/health.ts';
import { hub } from './english/hub.ts';
import { incidents } from './english/incidents.ts';
import { overview } from './english/overview.ts';
import { registryPage } from './english/registry.ts';
import { rulesPage } from './english/rules.ts';
import { reports } from './english/reports.ts';
import { shell } from './english/shell.ts';
import { signIn } from './english/sign-in.ts';
import { terms } from './english/terms.ts';
import { units } from './english/units.ts';

export const english = {
  shell,
  terms,
  units,
  component,
  chart,
  decisions,
  explanation,
  overview,
  health,
  incidents,
  hub,
  signIn,
  action,
  calendar,
  change,
  rulesPage,
  registryPage,
  reports,
};

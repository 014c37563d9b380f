/** The files in deploy/ as tests read them: text, and the expressions of dashboards and alerts. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const DEPLOY = fileURLToPath(new URL('../../deploy/', import.meta.url));

export function readDeploy(name: string): string {
  return readFileSync(DEPLOY + name, 'utf8');
}

export interface PanelExpression {
  readonly panel: string;
  readonly expression: string;
}

/** Every expression of every panel. */
export function panelExpressions(): PanelExpression[] {
  return readdirSync(`${DEPLOY}grafana/dashboards`).flatMap((name) => {
    const dashboard = JSON.parse(readDeploy(`grafana/dashboards/${name}`)) as {
      panels: { title: string; targets: { expr: string }[] }[];
    };
    return dashboard.panels.flatMap(({ title, targets }) =>
      targets.map(({ expr }) => ({ panel: `${name}: ${title}`, expression: expr })),
    );
  });
}

export interface Alert {
  readonly alert: string;
  readonly expr: string;
}

export function alerts(): Alert[] {
  const { groups } = parse(readDeploy('prometheus/alerts.yml')) as { groups: { rules: Alert[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

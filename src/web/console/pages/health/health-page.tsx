/** Health: whether the figures can be trusted. */
import { Panel } from '../../component/panel.tsx';
import { text } from '../../text/catalogue.ts';
import type { PageProps } from '../pages.tsx';

export function HealthPage({ live }: PageProps) {
  return <Panel title={text.shell.pages.health}>{live.version}</Panel>;
}

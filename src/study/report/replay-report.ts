/** The report of a replay: one section after the other, registered users first. */
import { captureSection } from './capture-section.ts';
import { decisionsSection } from './decisions-section.ts';
import { count, counted } from './figure-text.ts';
import { findingsSection } from './findings-section.ts';
import { html, name } from './html.ts';
import { noticesOf } from './notices.ts';
import { pageText } from './page.ts';
import { provenanceSection } from './provenance-section.ts';
import { readingSection } from './reading-section.ts';
import { registeredSection } from './registered-section.ts';
import type { ReplayReportData } from './replay-report-data.ts';
import { throttleSection } from './throttle-section.ts';
import { timeSection } from './time-section.ts';
import { unreadSection } from './unread-section.ts';

/** `madeAt`: ISO 8601, UTC. */
export function replayReport(data: ReplayReportData, madeAt: string): string {
  const { policy, mode, captures, packets } = data;
  return pageText({
    kicker: 'Sluice · report of a replay',
    title: 'What the rules do to the VPN traffic of a recording',
    subtitle: html`Policy ${name(policy.name)} with ${counted(policy.rules, 'rule')}, mode <strong>${mode}</strong>, and
      a registry of ${counted(data.registry.entries, 'registration')}, applied to ${counted(packets.read, 'packet')} of
      ${counted(captures, 'capture')}. ${modeText(data)}`,
    madeAt,
    notices: noticesOf(data, packets.read, true),
    sections: [
      registeredSection(data),
      captureSection(data),
      findingsSection(data),
      decisionsSection(data),
      timeSection(data),
      throttleSection(data),
      unreadSection(data),
      readingSection(),
      provenanceSection(data.provenance),
    ],
  });
}

/** What the mode means for every figure. */
function modeText({ mode, outcome }: ReplayReportData): ReturnType<typeof html> {
  if (mode === 'observe') return html`In this mode decisions are made and counted, and no packet is affected.`;
  const { delayed, dropped } = outcome.packets;
  return html`In this mode the effect on each packet is simulated: ${count(delayed!)} packets were delayed and
  ${count(dropped!)} dropped, on paper only.`;
}

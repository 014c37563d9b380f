/** What groups are called in reports: words for readers, where the JSON has the names of the vocabulary. */
import { PROTOCOL_TITLES } from '../../core/protocol.ts';
import { html } from './html.ts';

const SECTOR_TITLES: Readonly<Record<string, string>> = {
  it: 'IT companies',
  bank: 'banks',
  'call-centre': 'call centres',
  freelancer: 'freelancers',
  university: 'universities',
  mission: 'missions',
  enterprise: 'enterprises',
  other: 'other registered users',
};

/** The words for a value of a property, by the property's name. */
export function groupTitle(property: string, value: string): string {
  if (property === 'protocol') return PROTOCOL_TITLES[value] ?? value;
  if (property === 'sector') return SECTOR_TITLES[value] ?? value;
  return value;
}

/** What the stages of a finding are. */
export const STAGES_EXPLAINED = html`<p>
  A finding is <strong>confirmed</strong> when one side repeats a value of the other side that chance cannot produce. It
  is <strong>suspected</strong> when the evidence is thinner. Port numbers are never evidence.
</p>`;

/** What it is to be hit, before the word is used. */
export const HIT_EXPLAINED = html`To hit a flow is to throttle it, which limits its rate, or to block it.`;

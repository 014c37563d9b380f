/** What the tests of reports share: rules, a folder for their files, and what a page says. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Element } from '../kit/html-page.ts';
import { temporaryFolder } from './sluice.ts';

export const folder = temporaryFolder();
export const CAPTURES = ['captures/wireguard', 'captures/openvpn', 'captures/encapsulation', '--each'];
const HOSTILE = '<script>alert("x")</script> &';

export const THROTTLES = join(folder, 'throttles.yaml');
writeFileSync(
  THROTTLES,
  `name: ${JSON.stringify(HOSTILE)}
mode: enforce
rules:
  - { name: slow, when: { protocol: wireguard }, action: throttle, rate: 8kbit/s, burst: 2kB }
  - { name: all, when: { protocol: openvpn, stage: confirmed }, action: throttle, rate: 64kbit/s, burst: 2kB, per: rule }
  - { name: cut, when: { protocol: openvpn }, action: block }
`,
);

export const EVERYONE = join(folder, 'everyone.yaml');
writeFileSync(EVERYONE, 'name: everyone\nmode: enforce\nrules:\n  - { name: all, action: block }\n');

/** All numbers and texts of a JSON value. */
export function valuesOf(json: unknown, into = new Set<string>()): Set<string> {
  if (typeof json === 'number' || typeof json === 'string') into.add(String(json));
  else if (json !== null && typeof json === 'object') for (const value of Object.values(json)) valuesOf(value, into);
  return into;
}

/** The text of an element without that of figures, times and names in it. */
export function bareText(element: Element): string {
  let { text } = element;
  const remove = ({ tag, text: part, children }: Element): void => {
    if (['data', 'time', 'bdi'].includes(tag)) text = text.replace(part, '');
    else children.forEach(remove);
  };
  element.children.forEach(remove);
  return text;
}

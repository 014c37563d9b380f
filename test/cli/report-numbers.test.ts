/**
 * Every number of a report, wherever it stands: it is in the JSON of the same command, and what a reader sees is that value
 * rounded. This file knows the units on its own. What is left are the constants of the explanations, which are listed here.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Element, readPage } from '../kit/html-page.ts';
import { Conversation } from '../kit/many-clients.ts';
import { ended, ROOT, sluice, start, temporaryFolder, untilWritten } from './sluice.ts';

const folder = temporaryFolder();

const THROTTLES = join(folder, 'throttles.yaml');
writeFileSync(
  THROTTLES,
  `name: throttles
mode: enforce
rules:
  - { name: slow, when: { protocol: wireguard }, action: throttle, rate: 8kbit/s, burst: 2kB }
  - { name: all, when: { protocol: openvpn, stage: confirmed }, action: throttle, rate: 64kbit/s, burst: 2kB, per: rule }
  - { name: cut, when: { protocol: openvpn }, action: block }
`,
);

/** 300 clients, 40 ms apart, the second half of whom has OpenVPN. */
function mix(): Buffer {
  const [wireguard, openvpn] = [
    new Conversation('wireguard/rekey.pcap', 60),
    new Conversation('openvpn/udp-plain.pcap'),
  ];
  const startUs = Date.parse('2024-11-30T18:00:00Z') * 1000;
  const first = wireguard.capture(0, 150, startUs, 80_000);
  return Buffer.concat([first, openvpn.capture(150, 300, startUs + 12e6, 80_000).subarray(openvpn.header.length)]);
}

const MIX = join(folder, 'mix.pcap');
writeFileSync(MIX, mix());

interface Report {
  readonly page: string;
  readonly data: unknown;
}

async function reported(name: string, ...args: string[]): Promise<Report> {
  const path = join(folder, `${name}.html`);
  const { stdout, code, stderr } = await sluice([...args, '--report', path, '--json']);
  expect([stderr, code]).toEqual(['', 0]);
  return { page: readFileSync(path, 'utf8'), data: JSON.parse(stdout) };
}

/** A replay of the mix that SIGINT ends in its middle, with the pipe still open. */
async function interrupted(): Promise<Report> {
  const path = join(folder, 'interrupted.html');
  const decisions = join(folder, 'interrupted.jsonl');
  const child = start(['replay', '-', '--policy', THROTTLES, '--decisions', decisions, '--report', path, '--json']);
  const end = ended(child);
  // The run may end while its input is being written.
  child.stdin!.on('error', () => undefined);
  child.stdin!.write(readFileSync(MIX));
  await untilWritten(decisions, 100);
  child.kill('SIGINT');
  const { code, stdout } = await end;
  expect(code).toBe(130);
  return { page: readFileSync(path, 'utf8'), data: JSON.parse(stdout) };
}

/** All numbers and texts of a JSON value. */
function valuesOf(json: unknown, into = new Set<string>()): Set<string> {
  if (typeof json === 'number' || typeof json === 'string') into.add(String(json));
  else if (json !== null && typeof json === 'object') for (const value of Object.values(json)) valuesOf(value, into);
  return into;
}

/** A number by itself: not a part of a name, an address or a time. */
const NUMBER = /(?<![\w.:-])\d[\d,]*(?:\.\d+)?(?![\w:-]|\.\d)/g;
/** What texts say of the report itself, the same in every report. */
const CONSTANTS = [
  /^(?:<5|SHA-256|95 %|99 %)$/,
  /by no more than the median, 95 of 100 by no more than the next figure\.$/,
  /^Half of the (?:clients|flows|registrations) would need at most the time for the same bytes, and 95 of 100 at most \. 1\.0 × is not slowed; 1\.4 × takes 40 percent longer\.$/,
  /Bars below 5 are drawn alike\.$/,
  /1 kB is 1,000 bytes\. A group of fewer than 5 clients is shown as “<5”; 0 is shown as 0\.$/,
  /A SHA-256 hash names the content of a file\.$/,
];

const DAY = 86_400;
/** What one of a unit is, in the unit of the JSON; a delay of the JSON is in microseconds. */
const UNITS: Readonly<Record<string, readonly number[]>> = {
  '': [1],
  '%': [0.01],
  '×': [1],
  B: [1],
  kB: [1e3],
  MB: [1e6],
  GB: [1e9],
  'bit/s': [1],
  'kbit/s': [1e3],
  'Mbit/s': [1e6],
  ms: [1e3],
  s: [1, 1e6],
  second: [1],
  minute: [60],
  hour: [3600],
  day: [DAY],
};

/** True if a reader who takes the text for what it says is at most half of its last digit wrong. */
function isRounded(text: string, value: number): boolean {
  if (text === '<0.1 %') return value > 0 && value < 0.001;
  const [, digits, fraction = '', unit] = /^([\d,]+)(\.\d+)? ?(.*)$/.exec(text) ?? [];
  const sizes = UNITS[unit!] ?? UNITS[unit!.replace(/s$/, '')] ?? [];
  const shown = Number(digits!.replaceAll(',', '') + fraction);
  const halfDigit = 0.5 * 10 ** -Math.max(0, fraction.length - 1);
  // The JSON has microseconds of a delay, and seconds of everything else.
  return sizes.some((size) => Math.abs(shown * size - value) <= halfDigit * size * (1 + 1e-9));
}

/** The text of an element itself, without that of the elements in it. */
function ownText({ text, children }: Element): string {
  let rest = text;
  for (const child of children) rest = rest.replace(child.text, ' ');
  return rest.replace(/\s+/g, ' ').trim();
}

describe.each<[string, () => Promise<Report>]>([
  ['the committed captures', () => reported('committed', 'replay', 'captures', '--each')],
  [
    'the committed captures in mode enforce',
    () => reported('enforced', 'replay', 'captures', '--each', '--mode', 'enforce'),
  ],
  ['a mix with throttles', () => reported('mix', 'replay', MIX, '--policy', THROTTLES)],
  ['an interrupted run', interrupted],
  [
    'a comparison',
    () => reported('compared', 'compare', MIX, '--policy', join(ROOT, 'rules/policy.yaml'), '--policy', THROTTLES),
  ],
])('the report of %s', (_, make) => {
  const report = make();

  it('has no number but those of the JSON and the constants of its explanations', async () => {
    const { page, data } = await report;
    const known = valuesOf(data);
    const others = readPage(page).filter(({ tag }) => !['style', 'data', 'time'].includes(tag));
    const unknown = others.flatMap((element) => {
      // Marks of an axis are round numbers.
      const text = element.attributes.class === 'tick' ? '' : ownText(element);
      if (known.has(text) || CONSTANTS.some((constant) => constant.test(text))) return [];
      const numbers = text.match(NUMBER) ?? [];
      return numbers.every((number) => known.has(number.replaceAll(',', ''))) ? [] : [text];
    });
    expect(unknown).toEqual([]);
  });

  it('shows each number as the JSON has it, rounded', async () => {
    const { page, data } = await report;
    const known = valuesOf(data);
    const figures = readPage(page).filter(({ tag }) => tag === 'data');
    expect(figures.length).toBeGreaterThan(100);
    for (const { attributes, text } of figures) {
      expect(known, text).toContain(attributes.value);
      expect(isRounded(text.trim(), Number(attributes.value)), `${text} for ${attributes.value!}`).toBe(true);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { formatIssue } from '../../../src/core/issue.ts';
import { Protocol } from '../../../src/core/protocol.ts';
import { Stage } from '../../../src/dataplane/host/finding.ts';
import { parseJsonLabels } from '../../../src/study/labels/json-labels.ts';

const flow = {
  proto: 'udp',
  src: '192.0.2.1',
  sport: 4000,
  dst: '2001:DB8:0::7',
  dport: 51820,
  label: 'wireguard',
  category: 'handshake',
};

/** The issues as they are shown, without the file's name. */
function shown(text: string): string[] {
  return parseJsonLabels(text, 'l').issues.kept.map((issue) => formatIssue(issue).replace(/^l:/, ''));
}

function messages(value: unknown): string[] {
  const { labels, issues } = parseJsonLabels(typeof value === 'string' ? value : JSON.stringify(value), 'labels.json');
  expect(labels).toBeUndefined();
  return issues.kept.map(({ message }) => message);
}

describe('labels', () => {
  it('are parsed, with addresses in the form of events', () => {
    const full = { ...flow, stage: 'confirmed', variant: 'standard', note: 'for people' };
    const optional = { ...flow, label: 'openvpn-obfuscated', optional: true, accept: ['openvpn'] };
    const text = JSON.stringify([{ file: 'a.pcap', flows_total: 3, condition: 'x', positives: [full, optional] }]);
    const { labels } = parseJsonLabels(text, 'labels.json');
    expect(labels!.captures).toHaveLength(1);
    expect(labels!.origin).toBeNull();
    const [first, second] = labels!.captures[0]!.flows;
    expect(first).toMatchObject({
      dst: '2001:db8::7',
      protocol: Protocol.WIREGUARD,
      stage: Stage.CONFIRMED,
      variant: 'standard',
      optional: false,
    });
    expect(second).toMatchObject({
      protocol: Protocol.NONE,
      stage: undefined,
      optional: true,
      accepted: [Protocol.OPENVPN],
    });
  });

  it('have every mistake reported, with its capture and field', () => {
    const positives = [
      { ...flow, proto: 'sctp' },
      { ...flow, src: '192.0.2.300' },
      { ...flow, label: 'ssh' },
      { ...flow, sport: 70_000 },
    ];
    expect(
      messages([
        { file: 'a.pcap', flows_total: -1, positives },
        { flows_total: 1, positives: [] },
      ]),
    ).toEqual([
      'entry 0 (a.pcap) flows_total: must be a count',
      'entry 0 (a.pcap) positives 0 proto: must be udp, tcp, esp or ah',
      expect.stringMatching(/^entry 0 \(a.pcap\) positives 1 src: .*255/),
      'entry 0 (a.pcap) positives 2 label: must be wireguard, openvpn or ipsec, as the flow is not optional',
      'entry 0 (a.pcap) positives 3 sport: must be a port number',
      'entry 1 file: must be a name',
    ]);
  });

  it('must be a JSON list in which each capture occurs once', () => {
    expect(messages({})).toEqual(['captures: labels are a list with an entry for each capture']);
    expect(messages(7)[0]).toMatch(/^labels: /);
    const entry = { file: 'a.pcap', flows_total: 1, positives: [] };
    expect(messages([entry, entry])).toEqual(['a.pcap: this capture has two entries']);
    expect(messages('[\n  {,}\n]')[0]).toMatch(/^not JSON: /);
    expect(messages('')[0]).toMatch(/^not JSON: /);
  });

  it('say where the captures are from, and which session a capture or a flow is of', () => {
    const captures = [{ file: 'a.pcap', flows_total: 1, session: 's', positives: [{ ...flow, session: 'f' }] }];
    const { labels } = parseJsonLabels(JSON.stringify({ origin: 'field', captures }), 'l');
    expect(labels).toMatchObject({ origin: 'field', captures: [{ session: 's', flows: [{ session: 'f' }] }] });
    expect(messages({ origin: 'home', captures })).toEqual(['origin: must be field or lab']);
  });

  it('have every mistake at its line and column', () => {
    const wrong = (more: object): object => ({ ...flow, ...more });
    const value = [
      { file: 'a.pcap', flows_total: -1, positives: [flow, wrong({ sport: 70_000 }), wrong({ note: '"}],[{' })] },
      { flows_total: 1, positives: [] },
      { file: 'a.pcap', flows_total: 0, positives: [wrong({ dst: '1.2.3' })] },
    ];
    const text = JSON.stringify(value, null, 2);
    const lines = text.split('\n');
    const lineOf = (part: string, from = 0): number =>
      lines.findIndex((line, i) => i >= from && line.includes(part)) + 1;
    expect(shown(text).map((issue) => issue.replace(/: error: .*/, ''))).toEqual([
      `${lineOf('-1')}:20`,
      `${lineOf('70000')}:18`,
      // The entry without a file, where it begins.
      `${lineOf('"flows_total": 1') - 1}:3`,
      `${lineOf('1.2.3')}:16`,
    ]);
    expect(
      shown('[{"file":"a","flows_total":0,"positives":[]},\n {"file":"a","flows_total":0,"positives":[]}]'),
    ).toEqual(['2:2: error: a: this capture has two entries']);
    const object = '{"captures":[{"file":"a","flows_total":0,"positives":7}]}';
    expect(shown(object)).toEqual([
      `1:${object.indexOf('7') + 1}: error: entry 0 (a) positives: must be a list of flows`,
    ]);
  });

  it.each([
    ['[\n  {,}\n]', '2:4'],
    ['[{"file":\n  x}]', '2:3'],
    ['[1,]', '1:4'],
    ['[{"file": "a', '1:13'],
    ['', '1:1'],
    ['[\n', '2:1'],
  ])('that are no JSON have the place of the error: %j', (text, place) => {
    expect(shown(text)).toEqual([expect.stringMatching(new RegExp(`^${place}: error: not JSON: `))]);
  });

  it('that are nested deeply are a mistake like others', () => {
    const deep = `[{"file":"a","flows_total":0,"positives":[],"note":${'['.repeat(50_000)}${']'.repeat(50_000)}},7]`;
    expect(shown(deep)).toEqual([
      `1:${deep.indexOf('7]') + 1}: error: entry 1: must be an object with file, flows_total and positives`,
    ]);
  });
});

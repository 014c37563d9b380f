import { describe, expect, it } from 'vitest';
import { Protocol } from '../../src/core/protocol.ts';
import { Stage } from '../../src/dataplane/fingerprint/finding.ts';
import { parseLabels } from '../../src/study/labels.ts';

const flow = {
  proto: 'udp',
  src: '192.0.2.1',
  sport: 4000,
  dst: '2001:DB8:0::7',
  dport: 51820,
  label: 'wireguard',
  category: 'handshake',
};

function messages(value: unknown): string[] {
  const { labels, issues } = parseLabels(typeof value === 'string' ? value : JSON.stringify(value), 'labels.json');
  expect(labels).toBeUndefined();
  return issues.kept.map(({ message }) => message);
}

describe('labels', () => {
  it('are parsed, with addresses in the form of events', () => {
    const full = { ...flow, stage: 'confirmed', variant: 'standard', note: 'for people' };
    const optional = { ...flow, label: 'openvpn-obfuscated', optional: true, accept: ['openvpn'] };
    const text = JSON.stringify([{ file: 'a.pcap', flows_total: 3, condition: 'x', positives: [full, optional] }]);
    const { labels } = parseLabels(text, 'labels.json');
    expect(labels).toHaveLength(1);
    const [first, second] = labels![0]!.flows;
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
    expect(messages({})).toEqual(['labels: labels are a list with an entry for each capture']);
    const entry = { file: 'a.pcap', flows_total: 1, positives: [] };
    expect(messages([entry, entry])).toEqual(['a.pcap: this capture has two entries']);
    expect(messages('[\n  {,}\n]')[0]).toMatch(/^not JSON: /);
    expect(messages('')[0]).toMatch(/^not JSON: /);
  });
});

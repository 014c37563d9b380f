/**
 * Tunnels of several flows, on the lab's captures of real daemons (captures/README.md says how each was made).
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { AssemblyTracker } from '../../src/dataplane/host/assembly-tracker.ts';
import { Replay } from '../../src/pipeline/replay.ts';
import { EventFields, type FlowEvent } from '../../src/output/event/event-fields.ts';
import { showAddresses } from '../../src/output/event/shown-address.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference';
const POLICY = `
name: registered-or-blocked
rules:
  - name: registered
    when: { registered: either }
    action: allow
  - name: others
    action: block
`;

/** The flow events of a capture under a registry of the prefixes given. */
async function flowsOf(capture: string, ...prefixes: string[]): Promise<FlowEvent[]> {
  const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
  const rows = prefixes.map((prefix) => `${prefix},Holder,it,,,,R-1`);
  const { registry } = parseRegistry(octets([HEADER, ...rows, ''].join('\n')), 'registry.csv');
  const { policy } = parsePolicy(octets(POLICY), 'policy.yaml');
  if (registry === null || policy === undefined) throw new Error('the rules of this test are not valid');
  const context = { policy: { name: policy.name, sha256: policy.sha256 }, registry: { sha256: registry.sha256 } };
  const lines = new EventFields(showAddresses('plain'), context);
  const events: FlowEvent[] = [];
  const replay = new Replay(
    {
      rules: { policy, registry, mode: 'observe' },
      each: false,
      tracker: new AssemblyTracker(1000),
      packetSink: null,
      onFile: () => undefined,
      onBatch: () => Promise.resolve(true),
      onRemark: () => undefined,
    },
    () => ({
      decided: () => undefined,
      ended: (flow, decision, reason) => {
        if (decision !== null) events.push(lines.flowEvent(capture, flow, decision, reason));
      },
    }),
  );
  await replay.replay([fileURLToPath(new URL(`../../captures/${capture}`, import.meta.url))]);
  return events;
}

describe('a tunnel of several flows', () => {
  it.each([
    ['wireguard/roaming-port.pcap', 2],
    ['wireguard/roaming-address.pcap', 2],
    ['ipsec/ikev2-psk.pcap', 2],
    ['ipsec/ikev2-mobike.pcap', 3],
    ['ipsec/ikev2-two-children.pcap', 2],
    ['ipsec/ikev2-rekey.pcap', 2],
    ['ipsec/esp-interleaved.pcap', 1],
    ['ipsec/ikev1-main-psk.pcap', 2],
  ])('%s: %i flows share one tunnel_id, that of the first, and are all confirmed', async (capture, count) => {
    const flows = await flowsOf(capture);
    expect(flows).toHaveLength(count);
    expect(new Set(flows.map((flow) => flow.tunnel_id))).toEqual(new Set([flows[0]!.flow_id]));
    expect(new Set(flows.map((flow) => flow.vpn?.stage))).toEqual(new Set(['confirmed']));
    expect(new Set(flows.map((flow) => flow.decision?.action))).toEqual(new Set(['block']));
  });

  it('is covered whole by the address its client had before it moved', async () => {
    const flows = await flowsOf('wireguard/roaming-address.pcap', '192.0.2.20/32');
    expect(flows.map((flow) => [flow.src_ip, flow.decision?.action, flow.decision?.reason])).toEqual([
      ['192.0.2.20', 'allow', 'registered-source'],
      ['100.64.20.20', 'allow', 'registered-source'],
    ]);
  });

  it('is covered whole by an address that its client moves to', async () => {
    const flows = await flowsOf('ipsec/ikev2-mobike.pcap', '100.64.30.30/32');
    expect(flows.map((flow) => flow.decision?.action)).toEqual(['allow', 'allow', 'allow']);
  });

  it('does not take in another client of the same server', async () => {
    const flows = await flowsOf('wireguard/two-peers.pcap');
    expect(new Set(flows.map((flow) => flow.tunnel_id)).size).toBe(flows.length);
    expect(flows.length).toBeGreaterThan(1);
  });
});

import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EventFields } from '../../../src/output/event/event-fields.ts';
import { showAddresses } from '../../../src/output/event/shown-address.ts';
import { Replay } from '../../../src/pipeline/replay.ts';
import { AssemblyTracker } from '../../../src/dataplane/host/assembly-tracker.ts';
import { Annotations } from '../../../src/study/annotate/annotations.ts';
import { rules } from '../../kit/capture-payloads.ts';
import { ROOT } from '../../kit/committed-captures.ts';

const context = { policy: { name: 'p', sha256: '' }, registry: { sha256: '' } };

async function annotated(paths: readonly string[], each: boolean, textLimit?: number): Promise<Annotations> {
  const annotations = new Annotations(new EventFields(showAddresses('plain'), context), textLimit);
  const replay = new Replay(
    {
      rules,
      each,
      tracker: new AssemblyTracker(1000),
      packetSink: null,
      onFile: (file, before) => {
        annotations.beginFile(file, before);
      },
      onBatch: () => Promise.resolve(true),
      onRemark: () => undefined,
    },
    () => annotations.sinkBefore({}),
  );
  await replay.replay(paths.map((path) => resolve(ROOT, path)));
  return annotations;
}

const HANDSHAKE = 'captures/wireguard/two-messages.pcap';

describe('annotations', () => {
  it('say what a packet proves and what was decided, each piece of evidence once', async () => {
    const { captures, omittedCount } = await annotated([HANDSHAKE], false);
    expect([captures.length, captures[0]!.flows, omittedCount]).toEqual([1, [1], 0]);
    const id = 'flow_id ea05ba81363b94fd';
    expect(captures[0]!.comments).toEqual(
      new Map([
        [
          1,
          [
            `wireguard suspected: type 1 with zero reserved bytes in a message of 148 (offset 0: 0x01000000); ${id}`,
            `wireguard suspected: mac2 is zero, as it is where no cookie is held (offset 132: 0x00000000); ${id}`,
            `decision: allow (registered-destination; rule registered; mode observe) for wireguard, standard, suspected; ${id}`,
          ],
        ],
        [
          2,
          [
            `wireguard confirmed: type 2 with zero reserved bytes in a message of 92 (offset 0: 0x02000000); ${id}`,
            `wireguard confirmed: the response's receiver index is the initiation's sender index (offset 8: 0x7a6e7574); ${id}`,
            `decision: still allow (registered-destination; rule registered; mode observe) for wireguard, standard, confirmed; ${id}`,
          ],
        ],
      ]),
    );
  });

  it('name what was expected where that is not what was seen', async () => {
    const { captures } = await annotated(['captures/openvpn/udp-tls-crypt.pcap'], false);
    const comments = [...captures[0]!.comments.values()].flat();
    expect(comments).toContainEqual(
      expect.stringMatching(/\(offset 9: 1, expected at least 1, less than 65536\); flow_id/),
    );
  });

  it('are those of each file where each is a capture of its own', async () => {
    const { captures } = await annotated([HANDSHAKE, HANDSHAKE], true);
    expect(captures.map(({ flows, comments }) => [flows, comments.size])).toEqual([
      [[1], 2],
      [[1], 2],
    ]);
  });

  it('beyond the limit of their texts are counted', async () => {
    const { captures, omittedCount } = await annotated([HANDSHAKE], false, 300);
    expect([captures[0]!.comments.get(1)!.length, omittedCount]).toEqual([2, 4]);
  });
});

/** Which bounds the evidence of a replay id and time shows: those that the packet was really compared with. */
import { describe, expect, it } from 'vitest';
import { FlowProbe, START_SECONDS } from '../kit/flow-probe.ts';
import { ACK, CONTROL, SERVER_V2, Side } from '../kit/openvpn-messages.ts';

const YEAR_SECONDS = 365 * 86_400;

function replayRows(probe: FlowProbe): string[] {
  const rows = probe.entries.filter(({ check }) => /replay|reset-time/.test(check));
  return rows.map(({ check, expected, seen }) => `${check}: ${expected}; ${seen}`);
}

describe('the evidence of a replay id and time', () => {
  it('shows the slack around the packet’s own time', () => {
    const probe = new FlowProbe();
    probe.send(0, new Side('tls-crypt').clientReset(), { timeUs: (START_SECONDS + 172_799) * 1e6 });
    expect(replayRows(probe)).toEqual([
      'openvpn-replay-id: at least 1, less than 65536; 1',
      `openvpn-replay-time: within 172800 s of the packet's time, ${START_SECONDS + 172_799}; ${START_SECONDS}`,
    ]);
  });

  it.each([172_800, YEAR_SECONDS])(
    'shows what a first reset may carry where the capture’s time is %i s off',
    (seconds) => {
      const probe = new FlowProbe();
      expect(probe.send(0, new Side('tls-crypt').clientReset(), { timeUs: (START_SECONDS + seconds) * 1e6 })).toMatch(
        'suspected',
      );
      expect(replayRows(probe)).toEqual([
        'openvpn-replay-id: at least 1, less than 16; 1',
        `openvpn-reset-time: at least 978307200, less than 2145916800; ${START_SECONDS}`,
      ]);
    },
  );

  it('shows the time that stays where the packet’s own is another', () => {
    const probe = new FlowProbe();
    const timeUs = (START_SECONDS + YEAR_SECONDS) * 1e6;
    const [server, client] = [new Side('tls-crypt'), new Side('tls-crypt')];
    probe.send(1, server.control(SERVER_V2, [0], client.session), { timeUs });
    probe.send(1, server.control(CONTROL, [], client.session), { timeUs });
    expect(probe.send(1, server.control(ACK, [1], client.session), { timeUs })).toMatch('suspected');
    expect(replayRows(probe)).toEqual([
      'openvpn-replay-id: at least 1, less than 65536; 3',
      `openvpn-replay-time-stays: ${START_SECONDS}; ${START_SECONDS}`,
    ]);
  });

  it('shows the bounds of ids that start where stateless handshakes start them', () => {
    const probe = new FlowProbe();
    const reset = new Side('tls-crypt').clientReset();
    new DataView(reset.buffer).setUint32(9, 0x0f000001);
    probe.send(0, reset);
    expect(replayRows(probe)[0]).toBe('openvpn-replay-id: at least 251658241, less than 251723776; 251658241');
  });
});

/** At which end of a real tunnel's flows a registration counts, by its scope. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { replayFiles } from './replayed.ts';

const POLICY = `
name: registered-or-blocked
rules:
  - name: registered
    when: { registered: either }
    action: allow
  - name: others
    action: block
`;
const CLIENT = '192.0.2.12/32,A,it,,,,R-1';
const SERVER = '198.51.100.7/32,A,it,,,,R-1';

/** The last action for each flow of a capture, in order of the flows' first decisions. */
async function actionsOf(capture: string, ...registry: string[]): Promise<string[]> {
  const path = fileURLToPath(new URL(`../../captures/wireguard/${capture}.pcap`, import.meta.url));
  const { decisions } = await replayFiles([path], { policy: POLICY, registry, hasScopes: true, mode: 'enforce' });
  return [...new Map(decisions.map(({ flow_id, decision }) => [flow_id, decision.action])).values()];
}

describe('a registration of a scope', () => {
  it.each([
    ['source, of the initiator', [`${CLIENT},source`], 'allow'],
    ['source, of the responder', [`${SERVER},source`], 'block'],
    ['destination, of the initiator', [`${CLIENT},destination`], 'block'],
    ['destination, of the responder', [`${SERVER},destination`], 'allow'],
    ['pair, of both ends', [`${CLIENT},pair`, `${SERVER},pair`], 'allow'],
    ['pair, of one end', [`${CLIENT},pair`], 'block'],
    ['pair, of both ends with two references', [`${CLIENT},pair`, `${SERVER.replace('R-1', 'R-2')},pair`], 'block'],
    ['source, beside one of either end', [`${SERVER},source`, `${SERVER.replace('/32', '/24')},`], 'allow'],
  ])('%s', async (_title, rows, action) => {
    const registry = rows.map((row) => row.replace('198.51.100.7/24', '198.51.100.0/24'));
    expect(await actionsOf('handshake-only', ...registry)).toEqual([action]);
  });

  it('pair covers a tunnel whose client goes on from another address, as every registration does', async () => {
    const [client, server] = [CLIENT.replace('.12/', '.20/'), SERVER.replace('.7/', '.10/')];
    expect(await actionsOf('roaming-address', `${client},pair`, `${server},pair`)).toEqual(['allow', 'allow']);
    expect(await actionsOf('roaming-address', `${client},pair`)).toEqual(['block', 'block']);
  });
});

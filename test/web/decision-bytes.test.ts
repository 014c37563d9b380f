/** Bytes of decisions over HTTP, from spools that are kept, for those who may see them. */
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecisionList } from '../../src/history/recent/decision-document.ts';
import { decisionBytes, decisionExplanation } from '../../src/web/api/decision-schema.ts';
import { sluice } from '../cli/sluice.ts';
import { PROJECT, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { addAccount, SignedIn } from '../kit/signed-in.ts';

/** How `sluice explain` begins to say why a registration does not count. */
const MARKS = {
  'in-force': 'in force too',
  'not-yet-valid': 'not valid before',
  expired: 'expired, valid until',
  'other-protocol': 'for ',
};

const CAPTURES = ['wireguard/handshake.pcap', 'openvpn/udp-tls-crypt.pcap', 'ipsec/ikev2-nat.pcap'];

describe('the bytes of decisions', () => {
  const folder = temporaryFolder();
  const spool = join(folder.path, 'spool');
  const state = join(folder.path, 'state');
  let daemon: RunningDaemon;
  let auditor: SignedIn;
  let viewer: SignedIn;

  beforeAll(async () => {
    for (const path of [spool, state]) mkdirSync(path);
    for (const [index, name] of CAPTURES.entries())
      copyFileSync(join(PROJECT, 'captures', name), join(spool, `${index}-${name.replaceAll('/', '-')}`));
    for (const [name, role] of [
      ['ann', 'auditor'],
      ['vic', 'viewer'],
    ] as const)
      await addAccount(state, name, role);
    daemon = await new RunningDaemon(['--spool', spool, '--state', state]).started();
    [auditor, viewer] = [await SignedIn.as(daemon, 'ann'), await SignedIn.as(daemon, 'vic')];
    await until('all files are read', async () => {
      const { rows } = await auditor.get<DecisionList>('/decisions?protocol=ipsec');
      return rows.length >= 3;
    });
  });
  afterAll(async () => {
    await daemon.kill();
    folder.remove();
  });

  it('are those that sluice explain shows, with the registrations and the display filter in clear', async () => {
    const { rows, stock } = await auditor.get<DecisionList>('/decisions?limit=1000');
    expect(stock.addresses).toBe('plain');
    let compared = 0;
    for (const row of rows) {
      const explained = decisionExplanation.parse(await auditor.get(`/decisions/${row.number}`));
      const place = explained.now.places[row.packet]!;
      const { stdout } = await sluice(['explain', place.file, '--packet', String(place.packet)]);
      expect(stdout).toContain(`Wireshark display filter: ${explained.kept.filter!}\n`);
      for (const end of ['source', 'destination'] as const)
        for (const { prefix, holder, sector, reference, line, counts, validity } of explained.now.covering![end])
          expect(stdout).toContain(
            `\n    ${prefix}  ${holder} (${sector}), ${reference}, line ${line}: ${counts ? 'counts' : MARKS[validity]}`,
          );
      const { packets } = decisionBytes.parse(await auditor.get(`/decisions/${row.number}/bytes`));
      for (const { packet, length, start, dump } of packets) {
        // A later decision of a flow leaves out what an earlier one has shown.
        if (explained.kept.flow.length > 0) continue;
        const head = `    packet ${packet}, ${length} bytes of payload from offset ${start}:\n`;
        expect(stdout).toContain(head + dump.map((text) => `      ${text}\n`).join(''));
        compared++;
      }
      expect(explained.now.bytes).toBe('kept');
    }
    expect(compared).toBeGreaterThan(0);
  });

  it('have the whole evidence of a later decision too', async () => {
    const { rows } = await auditor.get<DecisionList>('/decisions?protocol=wireguard&stage=confirmed&limit=1');
    const { packets } = decisionBytes.parse(await auditor.get(`/decisions/${rows[0]!.number}/bytes`));
    const text = packets.flatMap(({ dump }) => dump).join('\n');
    const { kept } = decisionExplanation.parse(await auditor.get(`/decisions/${rows[0]!.number}`));
    const marks = kept.evidence.map((_, index) => `^${index + 1}`).filter((mark) => text.includes(mark));
    expect(marks.length).toBeGreaterThan(2);
    // What is neither header nor checked is not shown.
    expect(text).toContain('..');
  });

  it('are refused to viewers and to those who have not signed in', async () => {
    const { rows } = await viewer.get<DecisionList>('/decisions?limit=1');
    expect((await viewer.fetch(`/decisions/${rows[0]!.number}/bytes`)).status).toBe(403);
    expect((await fetch(`${daemon.url}/api/v1/decisions/${rows[0]!.number}/bytes`)).status).toBe(401);
  });

  it('say that a capture is gone', async () => {
    const { rows } = await auditor.get<DecisionList>('/decisions?protocol=openvpn&limit=1');
    const explained = decisionExplanation.parse(await auditor.get(`/decisions/${rows[0]!.number}`));
    rmSync(explained.now.places[rows[0]!.packet]!.file);
    const answer = await auditor.fetch(`/decisions/${rows[0]!.number}/bytes`);
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('is not there any more')]);
  });
});

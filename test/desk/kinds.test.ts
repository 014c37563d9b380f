/** What each kind of applicant is asked, what it is not asked, and what is refused without it, through the form itself. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomSecret } from '../../src/desk/model/reference.ts';
import { type Answer, applicationForm, DeskClient, RunningDesk } from '../kit/running-desk.ts';

/** Written from the contract: kind, fields of its own, the paper, the sector and the holder in the registry. */
const KINDS = `
company        organisation,sector  Certificate of registration of the organisation  Other enterprise  Linden Example Works
software-house organisation         Certificate of registration of the organisation  Software and IT   Linden Example Works
bank           organisation         Certificate of registration of the organisation  Banking           Linden Example Works
call-centre    organisation         Certificate of the call centre                   Call centre       Linden Example Works
university     organisation         Charter or letter of the registrar               University        Linden Example Works
mission        organisation         Note or letter of the mission                    Mission           Linden Example Works
freelancer     person               Letter of the employer or client                 Freelancer        freelancer
`
  .trim()
  .split('\n')
  .map((line) => line.split(/\s{2,}|(?<=^\S+)\s/))
  .map(([kind, own, paper, sector, holder]) => [kind!, own!.split(','), paper!, sector!, holder!] as const);
const OF_SOME = ['organisation', 'sector', 'person'];
const OF_ALL = ['contact', 'mail', 'isp', 'subscriber', 'purpose', 'validFrom', 'validUntil', 'evidence'];
const OPTIONAL = ['phone', 'own', 'far', 'protocols'];

let desk: RunningDesk;
let client: DeskClient;
let taken = 128;

beforeAll(async () => {
  desk = await new RunningDesk(['--demo', '--out', mkdtempSync(join(tmpdir(), 'sluice-out-'))]).ready();
  client = new DeskClient(desk.origin);
}, 60_000);

afterAll(async () => {
  await desk.stop();
});

/** Sends the form of a kind without some of its fields. */
async function send(kind: string, without: readonly string[], more: Record<string, string> = {}): Promise<Answer> {
  const fields = { own: `198.51.100.${without.length === 0 ? taken++ : 190}`, person: 'Ada Example', ...more };
  const form = applicationForm(randomSecret(), fields);
  for (const name of without) form.delete(name);
  return client.post(`/apply/${kind}`, form);
}

describe('an applicant of the kind', () => {
  it.each(KINDS)('%s is asked what it needs, and nothing else', async (kind, own, paper) => {
    const { text } = await client.get(`/apply/${kind}`);
    const names = new Set(
      [...text.matchAll(/<(?:input|select|textarea)[^>]* name="([^"]+)"/g)].map(([, name]) => name!),
    );
    expect([...names].sort()).toEqual(['key', ...own, ...OF_ALL, ...OPTIONAL].sort());
    expect(text).toContain(paper);
  });

  it.each(KINDS)(
    '%s is refused without each of them, and is registered as it should be with all',
    async (kind, own) => {
      for (const name of [...own, ...OF_ALL]) {
        const { status, text } = await send(kind, [name]);
        expect([name, status]).toEqual([name, 422]);
        expect(text.split('Please mend:')[1]!.split('</ul>')[0]!.match(/<li>/g)).toHaveLength(1);
      }
      const [, , , sector, holder] = KINDS.find(([one]) => one === kind)!;
      // What others are asked is not taken from this kind.
      const { status, location } = await send(kind, [], { sector: 'enterprise', organisation: 'Linden Example Works' });
      expect(status).toBe(303);
      const { text } = await client.get(location);
      const fact = (title: string): string =>
        new RegExp(`<dt>${title}</dt>\\s*<dd>([^<]*)</dd>`).exec(text)?.[1]?.trim() ?? '';
      expect([fact('In the registry as'), fact('Sector')]).toEqual([holder, sector]);
      expect(text.includes('Ada Example')).toBe(own.includes('person'));
      expect(OF_SOME).toEqual(expect.arrayContaining(own));
    },
  );

  it('freelancer without a static address names the far ends, and is refused without either', async () => {
    expect((await send('freelancer', ['own'], { far: '192.0.2.77' })).status).toBe(303);
    const { status, text } = await send('freelancer', ['own'], { far: '' });
    expect([status, text.includes('write your own static addresses, or the far ends')]).toEqual([422, true]);
  });
});

/**
 * The rehearsal of 10 November 2024, as changes of the rules: each would cut off users of a registered bank by a reload
 * or a date. The guard refuses it with the figures, no packet is held back, and it takes effect once an operator has
 * confirmed that hash, or that hash and date.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { rulesSha256 } from '../../src/decision/rules.ts';
import { ChangingRules, HEADER } from '../kit/changing-rules.ts';
import { Conversation } from '../kit/many-clients.ts';

const ALLOWED = 50;
const CLIENTS = 300;
const BANK = `${HEADER}198.51.100.0/24,Meridian Example Bank,bank,,2021-03-01,,OW-1\n`;
const START_US = Date.parse('2024-11-10T13:00:00Z') * 1000;
const MINUTE_US = 60_000_000;
const handshake = new Conversation('wireguard/handshake-only.pcap');

const RULES = `
  - { name: registered, when: { registered: either }, action: allow }
  - { name: unregistered, when: { registered: none }, action: block }`;

function policyOf(rules: string, guard = ''): string {
  return `name: rehearsal\nmode: enforce\nrules:${rules}\nsafety: { window: 60s, max_clients_affected: ${ALLOWED}, max_share_affected: 100%, then: observe${guard} }\n`;
}

let daemon: ChangingRules;
afterEach(() => {
  daemon.close();
});

const reload = async (): Promise<string> => (await daemon.changes.reloads.reload('test')).result;

describe('a reload', () => {
  it('of a registry that lost its rows is refused, and hits no registered client', async () => {
    daemon = await ChangingRules.open(policyOf(RULES), BANK, handshake);
    await daemon.feed(0, CLIENTS, START_US);
    daemon.writeRegistry(HEADER);
    expect(await reload()).toBe('refused');
    expect(daemon.noticesOf('reload')).toMatchObject([
      {
        result: 'refused',
        flows: 0,
        changed: 0,
        change: {
          confirmed: false,
          reasons: [
            '1 of 1 registrations in force would be lost, 0 may be',
            `${CLIENTS} clients would lose their registration and be hit, 10 may be`,
            `${CLIENTS} of ${CLIENTS} clients with VPN flows in the last 60 s would newly be hit, ${ALLOWED} may be`,
          ],
          exceeded: [
            { limit: 'registrations', seen: 1, allowed: 0, of: 1, stage: null, window: null },
            { limit: 'deregistered', seen: CLIENTS, allowed: 10, of: null, stage: null, window: null },
            { limit: 'breaker', seen: CLIENTS, allowed: ALLOWED, of: CLIENTS, stage: null, window: 60 },
          ],
          figures: {
            newly_hit: CLIENTS,
            addresses: { lost: { ipv4: 256, ipv6: '0' } },
            hits_by_rule: { unregistered: CLIENTS },
          },
        },
      },
    ]);
    await daemon.feed(CLIENTS, 2 * CLIENTS, START_US + MINUTE_US);
    expect([daemon.hitClients, daemon.affectedPackets, daemon.trips.length]).toEqual([0, 0, 0]);
    expect(daemon.decided.every(({ registered }) => registered)).toBe(true);
  });

  it('of a registry that was cut at the end of a line is refused: 50 registered clients of 1,000 would be dropped', async () => {
    const rows = Array.from({ length: 1000 }, (_, at) => `10.0.${at >> 8}.${at & 255}/32,Client ${at},it,,,,R-${at}\n`);
    daemon = await ChangingRules.open(policyOf(RULES), HEADER + rows.join(''), handshake);
    await daemon.feed(0, 1000, START_US);
    daemon.writeRegistry(HEADER + rows.slice(0, 950).join(''));
    expect(await reload()).toBe('refused');
    const [notice] = daemon.noticesOf('reload') as { change: { reasons: string[]; figures: object } }[];
    expect(notice!.change.reasons).toEqual(['50 clients would lose their registration and be hit, 10 may be']);
    expect(notice!.change.figures).toMatchObject({
      registrations: { before: 1000, after: 950, lost: 50 },
      deregistered: 50,
    });
    await daemon.feed(0, 1000, START_US + MINUTE_US);
    expect([daemon.hitClients, daemon.affectedPackets]).toEqual([0, 0]);
  });

  it('acts once its very hash is confirmed, and then within the limits of the breaker', async () => {
    daemon = await ChangingRules.open(policyOf(RULES), BANK, handshake);
    await daemon.feed(0, CLIENTS, START_US);
    daemon.writeRegistry(HEADER);
    expect(await reload()).toBe('refused');
    const { sha256 } = daemon.changes.guard.refused!;
    expect(await daemon.changes.confirm('0'.repeat(64))).toMatchObject({ confirmed: false, result: null });
    expect(rulesSha256(daemon.engine.rules)).not.toBe(sha256);
    // The files have changed since, so the confirmation does not apply to them.
    daemon.writeRegistry(`${HEADER}10.9.9.9/32,Other,it,,,,r\n`);
    expect(await daemon.changes.confirm(sha256)).toMatchObject({ confirmed: true, result: 'refused' });
    daemon.writeRegistry(HEADER);
    expect(await reload()).toBe('success');
    expect(rulesSha256(daemon.engine.rules)).toBe(sha256);
    expect(daemon.changes.guard.refused).toBeNull();
    await daemon.feed(0, CLIENTS, START_US + MINUTE_US);
    expect(daemon.hitClients).toBe(CLIENTS);
    expect(daemon.trips).toHaveLength(1);
    expect(daemon.engine.admission.breaker.limitCounts()[0]!.affected).toBeLessThanOrEqual(ALLOWED);
  });

  it('cannot raise the limits that it is decided by', async () => {
    daemon = await ChangingRules.open(policyOf(RULES), BANK, handshake);
    await daemon.feed(0, CLIENTS, START_US);
    daemon.writePolicy(policyOf(RULES, ', guard: { registrations: 100%, deregistered: 100000, registered: 100000 }'));
    daemon.writeRegistry(HEADER);
    expect(await reload()).toBe('refused');
    daemon.writeRegistry(BANK);
    expect(await reload()).toBe('success');
    daemon.writePolicy(policyOf('\n  - { name: all, action: block }', ', guard: { registered: 100000 }'));
    expect(await reload()).toBe('refused');
    expect(daemon.changes.guard.refused!.excesses.map(({ limit }) => limit)).toEqual(['breaker']);
  });

  it('of a rule that hits everyone is refused: registered hits done are 0', async () => {
    daemon = await ChangingRules.open(policyOf(RULES), BANK, handshake);
    await daemon.feed(0, 5, START_US);
    daemon.writePolicy(policyOf('\n  - { name: all, action: block }'));
    expect(await reload()).toBe('refused');
    expect(daemon.changes.guard.refused!.excesses).toMatchObject([{ limit: 'registered', seen: 5, allowed: 0 }]);
    await daemon.feed(0, 5, START_US + MINUTE_US);
    expect([daemon.hitClients, daemon.affectedPackets]).toEqual([0, 0]);
  });

  it('that changes a comment, renames a holder or renews a registration passes', async () => {
    daemon = await ChangingRules.open(policyOf(RULES), BANK, handshake);
    await daemon.feed(0, CLIENTS, START_US);
    daemon.writePolicy(`# another day\n${policyOf(RULES)}`);
    expect(await reload()).toBe('success');
    daemon.writeRegistry(BANK.replace('Meridian', 'Meridian and Sons').replace('OW-1', 'OW-2'));
    expect(await reload()).toBe('success');
    daemon.writeRegistry(`${HEADER}198.51.100.0/25,Bank,bank,,,,r\n198.51.100.128/25,Bank,bank,,,,r\n`);
    expect(await reload()).toBe('success');
    expect(await reload()).toBe('unchanged');
    expect([daemon.hitClients, daemon.affectedPackets, daemon.trips.length]).toEqual([0, 0, 0]);
  });

  it('that fails in either file keeps both', async () => {
    daemon = await ChangingRules.open(policyOf(RULES), BANK, handshake);
    const before = rulesSha256(daemon.engine.rules);
    daemon.writePolicy(`# fine\n${policyOf(RULES)}`);
    daemon.writeRegistry('garbage');
    expect(await reload()).toBe('failure');
    daemon.writePolicy('garbage');
    daemon.writeRegistry(BANK.replace('OW-1', 'OW-2'));
    expect(await reload()).toBe('failure');
    expect(rulesSha256(daemon.engine.rules)).toBe(before);
    const notices = daemon.notices as unknown as { rules: { sha256: string } }[];
    expect(notices.map(({ rules }) => rules.sha256)).toEqual([before, before]);
  });
});

describe('a date', () => {
  const MIDNIGHT_US = Date.parse('2024-11-11T00:00:00Z') * 1000;

  it('at which all registrations expire has no effect until that hash and time are confirmed', async () => {
    daemon = await ChangingRules.open(policyOf(RULES), BANK.replace(',,OW-1', ',2024-11-10,OW-1'), handshake);
    await daemon.feed(0, CLIENTS, MIDNIGHT_US - 30 * MINUTE_US);
    await daemon.feed(0, CLIENTS, MIDNIGHT_US + MINUTE_US);
    await daemon.feed(CLIENTS, 2 * CLIENTS, MIDNIGHT_US + 2 * MINUTE_US);
    expect([daemon.hitClients, daemon.affectedPackets, daemon.trips.length]).toEqual([0, 0, 0]);
    expect(daemon.decided.every(({ registered }) => registered)).toBe(true);
    expect(daemon.noticesOf('calendar')).toMatchObject([
      {
        state: 'held',
        lead: null,
        from: '2024-11-11T00:00:00.000000Z',
        figures: { registrations: { lost: 1 }, deregistered: CLIENTS },
      },
    ]);
    const sha256 = rulesSha256(daemon.engine.rules);
    expect(await daemon.changes.confirm('0'.repeat(64), MIDNIGHT_US)).toMatchObject({ confirmed: false });
    expect(await daemon.changes.confirm(sha256, MIDNIGHT_US + 1)).toMatchObject({ confirmed: false });
    expect(await daemon.changes.confirm(sha256, MIDNIGHT_US)).toMatchObject({ confirmed: true });
    await daemon.feed(0, CLIENTS, MIDNIGHT_US + 3 * MINUTE_US);
    expect(daemon.hitClients).toBe(CLIENTS);
    // The breaker stops what the operator allowed.
    expect(daemon.trips).toHaveLength(1);
    expect(daemon.engine.admission.breaker.limitCounts()[0]!.affected).toBeLessThanOrEqual(ALLOWED);
  });

  it('that a clock passes because it was set is held like any other, and lies ahead again once the clock is set back', async () => {
    daemon = await ChangingRules.open(policyOf(RULES), BANK.replace(',,OW-1', ',2024-11-10,OW-1'), handshake);
    const DAY_US = 24 * 60 * MINUTE_US;
    const { changes } = daemon;
    await daemon.feed(0, CLIENTS, MIDNIGHT_US - 30 * MINUTE_US);
    changes.clockWasSet(DAY_US);
    await daemon.feed(0, CLIENTS, MIDNIGHT_US - 29 * MINUTE_US + DAY_US);
    expect(daemon.noticesOf('calendar')).toMatchObject([{ state: 'held', figures: { deregistered: CLIENTS } }]);
    expect([daemon.hitClients, daemon.affectedPackets]).toEqual([0, 0]);
    changes.clockWasSet(-DAY_US);
    expect(changes.calendar.held).toBeNull();
    await daemon.feed(0, CLIENTS, MIDNIGHT_US - 28 * MINUTE_US);
    expect([changes.calendar.held, daemon.hitClients, daemon.affectedPackets]).toEqual([null, 0, 0]);
    await daemon.feed(0, CLIENTS, MIDNIGHT_US + MINUTE_US);
    expect(changes.calendar.held).toMatchObject({ state: 'held', date: { firstUs: MIDNIGHT_US } });
    expect([daemon.hitClients, daemon.affectedPackets, daemon.trips.length]).toEqual([0, 0, 0]);
  });

  it('is evaluated a day ahead and an hour ahead, with the numbers, and can be confirmed ahead', async () => {
    daemon = await ChangingRules.open(policyOf(RULES), BANK.replace(',,OW-1', ',2024-11-10,OW-1'), handshake);
    const { calendar } = daemon.changes;
    await daemon.feed(0, 20, MIDNIGHT_US - 25 * 60 * MINUTE_US);
    calendar.look();
    expect(daemon.noticesOf('calendar')).toEqual([]);
    await daemon.feed(0, 20, MIDNIGHT_US - 23 * 60 * MINUTE_US);
    for (let count = 0; count < 5; count++) calendar.look();
    await daemon.feed(0, 20, MIDNIGHT_US - 59 * MINUTE_US);
    for (let count = 0; count < 5; count++) calendar.look();
    const ahead = daemon.noticesOf('calendar') as { state: string; lead: string; reasons: string[] }[];
    expect(ahead.map(({ state, lead }) => `${state} ${lead}`)).toEqual(['ahead 24h', 'ahead 1h']);
    expect(ahead[1]!.reasons).toEqual([
      '1 of 1 registrations in force would be lost, 0 may be',
      '20 clients would lose their registration and be hit, 10 may be',
    ]);
    expect(calendar.aheadBeyondCount).toBe(1);
    expect(await daemon.changes.confirm(rulesSha256(daemon.engine.rules), MIDNIGHT_US)).toMatchObject({
      confirmed: true,
    });
    expect(calendar.aheadBeyondCount).toBe(0);
    await daemon.feed(0, 20, MIDNIGHT_US + MINUTE_US);
    expect(daemon.noticesOf('calendar').at(-1)).toMatchObject({ state: 'passed' });
    expect(calendar.held).toBeNull();
  });

  /** Ten registrations: two end two seconds before midnight, two at midnight. */
  const ENDINGS = Array.from({ length: 10 }, (_, at) => {
    const until = at < 2 ? '2024-11-10T23:59:58Z' : at < 4 ? '2024-11-10' : '';
    return `10.0.0.${at}/32,Client ${at},it,,,${until},R-${at}\n`;
  });
  const OPEN_RULES = '\n  - { name: all, when: { registered: either }, action: allow }';

  it('is confirmed alone where only it was evaluated: a date after it in the same minute is held', async () => {
    daemon = await ChangingRules.open(policyOf(OPEN_RULES), HEADER + ENDINGS.join(''), handshake);
    const { calendar } = daemon.changes;
    // The look ahead reaches the first date, and not yet midnight.
    const firstUs = MIDNIGHT_US - 2_000_000;
    await daemon.feed(0, 1, firstUs - 24 * 60 * MINUTE_US + 500_000);
    calendar.look();
    expect(calendar.aheadDates).toEqual([firstUs]);
    const sha256 = rulesSha256(daemon.engine.rules);
    expect(await daemon.changes.confirm(sha256, firstUs)).toMatchObject({ confirmed: true });
    // The next packets come after both dates.
    await daemon.feed(1, 2, MIDNIGHT_US + MINUTE_US);
    expect(daemon.noticesOf('calendar').at(-1)).toMatchObject({ figures: { registrations: { lost: 2 } } });
    expect(calendar.held).toMatchObject({ date: { firstUs: MIDNIGHT_US, lastUs: MIDNIGHT_US } });
    expect(await daemon.changes.confirm(sha256, MIDNIGHT_US)).toMatchObject({ confirmed: true });
    expect(calendar.held).toBeNull();
  });

  it('is confirmed with those that were evaluated with it, also where packets reach them one by one', async () => {
    daemon = await ChangingRules.open(policyOf(OPEN_RULES), HEADER + ENDINGS.join(''), handshake);
    const { calendar } = daemon.changes;
    const firstUs = MIDNIGHT_US - 2_000_000;
    await daemon.feed(0, 1, MIDNIGHT_US - 50 * MINUTE_US);
    calendar.look();
    expect(calendar.aheadDates).toEqual([firstUs]);
    expect(await daemon.changes.confirm(rulesSha256(daemon.engine.rules), firstUs)).toMatchObject({ confirmed: true });
    const again = await daemon.restart();
    await again.feed(1, 2, firstUs + 100_000);
    await again.feed(2, 3, MIDNIGHT_US + 100_000);
    expect(again.noticesOf('calendar')).toMatchObject([
      { state: 'passed', figures: { registrations: { lost: 2 } } },
      { state: 'passed', figures: { registrations: { lost: 2 } } },
    ]);
    expect(again.changes.calendar.held).toBeNull();
  });

  it('at which a schedule opens is held where it would hit too many', async () => {
    const night = `
  - { name: registered, when: { registered: either }, action: allow }
  - name: night
    when: { registered: none, schedule: { from: "18:00", to: "06:00", zone: Asia/Karachi } }
    action: block`;
    daemon = await ChangingRules.open(policyOf(night), HEADER, handshake);
    const opensUs = Date.parse('2024-11-10T13:00:00Z') * 1000;
    await daemon.feed(0, CLIENTS, opensUs - 10 * MINUTE_US);
    await daemon.feed(0, CLIENTS, opensUs + MINUTE_US);
    expect([daemon.hitClients, daemon.affectedPackets, daemon.trips.length]).toEqual([0, 0, 0]);
    const [held] = daemon.noticesOf('calendar') as { state: string; figures: object }[];
    expect(held).toMatchObject({
      state: 'held',
      from: '2024-11-10T13:00:00.000000Z',
      figures: { hits_by_rule: { night: CLIENTS } },
    });
    expect(await daemon.changes.confirm(rulesSha256(daemon.engine.rules), opensUs)).toMatchObject({ confirmed: true });
    await daemon.feed(0, 20, opensUs + 2 * MINUTE_US);
    expect(daemon.hitClients).toBe(20);
  });

  it('within the limits passes by itself, each in its turn', async () => {
    const rows = Array.from(
      { length: 40 },
      (_, at) => `10.0.0.${at}/32,Client ${at},it,,,2024-11-${at < 2 ? '10' : '30'},R-${at}\n`,
    );
    daemon = await ChangingRules.open(policyOf(RULES), HEADER + rows.join(''), handshake);
    await daemon.feed(0, 40, MIDNIGHT_US - MINUTE_US);
    await daemon.feed(0, 40, MIDNIGHT_US + MINUTE_US);
    expect(daemon.noticesOf('calendar')).toMatchObject([
      { state: 'passed', figures: { registrations: { before: 40, after: 38 }, deregistered: 2 } },
    ]);
    expect(daemon.hitClients).toBe(2);
    // After a month without packets, all due dates are evaluated at once.
    const december = Date.parse('2024-12-05T00:00:00Z') * 1000;
    await daemon.feed(0, 40, december);
    expect(daemon.changes.calendar.held).toMatchObject({
      date: { firstUs: Date.parse('2024-12-01T00:00:00Z') * 1000 },
    });
    expect(daemon.hitClients).toBe(2);
  });

  it('that was held is forgotten where other rules come', async () => {
    daemon = await ChangingRules.open(policyOf(RULES), BANK.replace(',,OW-1', ',2024-11-10,OW-1'), handshake);
    await daemon.feed(0, CLIENTS, MIDNIGHT_US - MINUTE_US);
    await daemon.feed(0, CLIENTS, MIDNIGHT_US + MINUTE_US);
    expect(daemon.changes.calendar.held).not.toBeNull();
    // Renewed: compared with the rules in use, nothing is lost.
    daemon.writeRegistry(BANK);
    expect(await reload()).toBe('success');
    expect(daemon.changes.calendar.held).toBeNull();
    await daemon.feed(0, CLIENTS, MIDNIGHT_US + 2 * MINUTE_US);
    expect([daemon.hitClients, daemon.affectedPackets]).toEqual([0, 0]);
  });
});

describe('a restart', () => {
  const MIDNIGHT_US = Date.parse('2024-11-11T00:00:00Z') * 1000;

  it('is no way around the guard: files that were refused are compared with the pair that was in use', async () => {
    daemon = await ChangingRules.open(policyOf(RULES), BANK, handshake);
    await daemon.feed(0, 20, START_US);
    const before = rulesSha256(daemon.engine.rules);
    daemon.writeRegistry(HEADER);
    expect(await reload()).toBe('refused');
    await daemon.changes.stop();
    const again = await daemon.restart();
    expect(rulesSha256(again.engine.rules)).toBe(before);
    expect(again.noticesOf('reload')).toMatchObject([{ result: 'refused' }]);
    await again.feed(0, 20, START_US + MINUTE_US);
    expect([again.hitClients, again.affectedPackets]).toEqual([0, 0]);
    expect(await again.changes.confirm(again.changes.guard.refused!.sha256)).toMatchObject({ result: 'success' });
    // Rules that took effect by a confirmation are those of the next start.
    await again.changes.stop();
    const third = await again.restart();
    expect(third.engine.rules.registry.count).toBe(0);
    expect(third.noticesOf('reload')).toEqual([]);
  });

  it('takes files that the guard lets pass at once', async () => {
    daemon = await ChangingRules.open(policyOf(RULES), BANK, handshake);
    daemon.writeRegistry(BANK.replace('OW-1', 'OW-2'));
    const again = await daemon.restart();
    expect(again.noticesOf('reload')).toMatchObject([{ result: 'success' }]);
    expect(again.engine.rules.registry.registrationAt(0).reference).toBe('OW-2');
    await again.changes.stop();
  });

  it('keeps a date held, and looks at dates that passed while nothing ran', async () => {
    const expiring = BANK.replace(',,OW-1', ',2024-11-10,OW-1');
    daemon = await ChangingRules.open(policyOf(RULES), expiring, handshake);
    await daemon.feed(0, 20, MIDNIGHT_US - 2 * MINUTE_US);
    await daemon.changes.stop();
    // Not even started at midnight.
    const second = await daemon.restart();
    await second.feed(0, 20, MIDNIGHT_US + MINUTE_US);
    expect(second.changes.calendar.held).toMatchObject({ date: { firstUs: MIDNIGHT_US } });
    await second.changes.stop();
    const third = await second.restart();
    await third.feed(0, 20, MIDNIGHT_US + 2 * MINUTE_US);
    expect([second.hitClients, third.hitClients, third.affectedPackets]).toEqual([0, 0, 0]);
    expect(await third.changes.confirm(rulesSha256(third.engine.rules), MIDNIGHT_US)).toMatchObject({
      confirmed: true,
    });
    await third.changes.stop();
    const fourth = await third.restart();
    await fourth.feed(0, 20, MIDNIGHT_US + 3 * MINUTE_US);
    expect(fourth.changes.calendar.held).toBeNull();
    expect(fourth.hitClients).toBe(20);
  });
});

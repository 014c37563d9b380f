import { describe, expect, it } from 'vitest';
import { formatAddress, formatPrefix } from '../../src/core/ip-address.ts';
import { parseMicros } from '../../src/core/units.ts';
import { Protocol, PROTOCOL_NAMES } from '../../src/core/protocol.ts';
import { PrefixParser, wordMask } from '../../src/registry/prefix.ts';
import { NO_REGISTRATION, VALIDITY_NAMES } from '../../src/registry/registration.ts';
import { type Registry, sha256Of } from '../../src/registry/registry.ts';
import { End, Scope, SCOPE_NAMES } from '../../src/registry/scope.ts';
import { SECTOR_NAMES } from '../../src/registry/sector.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';
import { type Address, SeededRandom } from '../kit/random.mjs';
import { lazy } from '../kit/lazy.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference';

function registryOf(rows: string[]): Registry {
  const { registry, issues } = parseRegistry(new TextEncoder().encode([HEADER, ...rows].join('\n')), 'r.csv');
  expect(issues.kept).toEqual([]);
  return registry!;
}

function wordsOf(text: string): Address {
  const parser = new PrefixParser();
  expect(parser.parseAddress(text)).toBe(true);
  return [parser.word0, parser.word1, parser.word2, parser.word3];
}

const NOON = parseMicros('2024-06-01T12:00:00Z');

describe('the registration that counts', () => {
  const registry = lazy(() =>
    registryOf([
      '198.51.100.0/24,wide,it,,,,',
      '198.51.100.0/28,narrow,bank,wireguard,,,',
      '198.51.100.0/28,narrow again,bank,wireguard;openvpn,,,',
      '198.51.100.1/32,host,freelancer,,2024-06-01,2024-06-30,',
      '2001:db8::/32,six,mission,ipsec,,,',
    ]),
  );
  const holder = (text: string, time = NOON, protocol: number = Protocol.NONE): string | null => {
    const index = registry().covers(...wordsOf(text), time, protocol);
    return index === NO_REGISTRATION ? null : registry().registrationAt(index).holder;
  };

  it('is the most specific, then the first in the file, that is in force for the protocol', () => {
    expect(holder('198.51.100.1')).toBe('host');
    expect(holder('198.51.100.1', parseMicros('2024-07-01T00:00:00Z'))).toBe('narrow');
    expect(holder('198.51.100.2', NOON, Protocol.WIREGUARD)).toBe('narrow');
    expect(holder('198.51.100.2', NOON, Protocol.OPENVPN)).toBe('narrow again');
    expect(holder('198.51.100.2', NOON, Protocol.IPSEC)).toBe('wide');
    expect(holder('198.51.101.0')).toBeNull();
    expect(holder('2001:db8::1', NOON, Protocol.IPSEC)).toBe('six');
    expect(holder('2001:db8::1', NOON, Protocol.OPENVPN)).toBeNull();
  });

  it('begins with its first and ends before its last microsecond', () => {
    const at = (text: string, offset = 0) => holder('198.51.100.1', (parseMicros(text) + offset) as typeof NOON);
    expect(at('2024-06-01T00:00:00Z', -1)).toBe('narrow');
    expect(at('2024-06-01T00:00:00Z')).toBe('host');
    expect(at('2024-06-30T23:59:59.999Z', 999)).toBe('host');
    expect(at('2024-07-01T00:00:00Z')).toBe('narrow');
  });

  it('is listed among all registrations that cover the address, each with its validity', () => {
    const coverages = registry().coverages(
      ...wordsOf('198.51.100.1'),
      parseMicros('2025-01-01T00:00:00Z'),
      Protocol.IPSEC,
    );
    expect(
      coverages.map(({ index, validity }) => [registry().registrationAt(index).holder, VALIDITY_NAMES[validity]]),
    ).toEqual([
      ['host', 'expired'],
      ['narrow', 'other-protocol'],
      ['narrow again', 'other-protocol'],
      ['wide', 'in-force'],
    ]);
  });

  it('has boundaries at which registrations begin or end', () => {
    expect(registry().nextBoundary(0)).toBe(parseMicros('2024-06-01T00:00:00Z'));
    expect(registry().nextBoundary(NOON)).toBe(parseMicros('2024-07-01T00:00:00Z'));
    expect(registry().nextBoundary(parseMicros('2024-07-01T00:00:00Z'))).toBe(Infinity);
    expect(registry().countInForce(NOON)).toBe(5);
    expect(registry().validFromRange).toEqual({
      oldestUs: parseMicros('2024-06-01T00:00:00Z'),
      newestUs: parseMicros('2024-06-01T00:00:00Z'),
    });
  });
});

describe('a registry against its twin', () => {
  it.each([3, 30, 300])('agrees with a scan of %d rows', (count) => {
    const random = new SeededRandom(count);
    const times = [0, 1, 2, 3].map((day) => parseMicros(`2024-01-0${day + 1}T00:00:00Z`));
    const protocolTexts = ['', 'wireguard', 'openvpn;ipsec'];
    const protocolSets = [0, 1 << Protocol.WIREGUARD, (1 << Protocol.OPENVPN) | (1 << Protocol.IPSEC)];
    const near = (): Address =>
      random.below(2) === 0
        ? [0, 0, 0xffff, 0x0a000000 | random.below(64)]
        : [0x20010db8, random.below(4) << 16, 0, random.below(8)];
    const rows = Array.from({ length: count }, () => {
      const address = near();
      const length = address[0] === 0 ? 96 + 24 + random.below(9) : 16 + random.below(113);
      const from = random.below(3);
      const until = from + 1 + random.below(2);
      return {
        words: address.map((word, i) => word & wordMask(length, i)) as Address,
        length,
        from,
        until,
        set: random.below(3),
        scope: random.below(2) * random.below(4),
      };
    });
    const { registry, issues } = parseRegistry(
      new TextEncoder().encode(
        [
          `${HEADER},scope`,
          ...rows.map(({ words, length, from, until, set, scope }) => {
            const times = `2024-01-0${from + 1}T00:00:00Z,2024-01-0${until + 1}T00:00:00Z`;
            return `${formatPrefix(...words, length)},h,it,${protocolTexts[set]!},${times},R,${SCOPE_NAMES[scope]!}`;
          }),
        ].join('\n'),
      ),
      'r.csv',
    );
    if (registry === null) return expect.fail(issues.kept.map(({ message }) => message).join());
    for (let i = 0; i < 2000; i++) {
      const address = near();
      const time = times[random.below(4)]! + random.below(3) - 1;
      const protocol = random.below(4);
      const end = random.below(3) as End;
      let best = NO_REGISTRATION;
      rows.forEach(({ words, length, from, until, set, scope }, row) => {
        if ((address[0] === 0) !== (words[0] === 0)) return;
        if (!words.every((word, at) => (address[at]! & wordMask(length, at)) === word)) return;
        if (time < times[from]! || time >= (times[until] ?? Infinity)) return;
        if (protocol !== 0 && protocolSets[set] !== 0 && ((protocolSets[set]! >> protocol) & 1) === 0) return;
        if (end !== End.ANY && scope !== Scope.EITHER && scope !== end) return;
        if (best === NO_REGISTRATION || rows[best]!.length < length) best = row;
      });
      if (registry.covers(...address, time, protocol, end) !== best) expect.fail(formatAddress(...address));
    }
  });
});

/** Bytes of the array buffers that an object leads to, each counted once. */
function reachableBytes(value: unknown, seen = new Set<unknown>()): number {
  if (typeof value !== 'object' || value === null || seen.has(value)) return 0;
  seen.add(value);
  if (value instanceof ArrayBuffer) return value.byteLength;
  if (ArrayBuffer.isView(value)) return reachableBytes(value.buffer, seen);
  return Object.values(value).reduce((sum: number, part) => sum + reachableBytes(part, seen), 0);
}

describe('the facts of a registry', () => {
  const both = ['2001:db8::1/128', '2001:db9::1/128', '2001:db8:1::1/128', '2001:db8:0:0:1::1/128', '198.51.100.0/24'];
  const registry = lazy(() =>
    registryOf([
      ...both.flatMap((prefix) => [`${prefix},h,bank,,,,`, `${prefix},h,it,wireguard;ipsec,2024-06-01,2024-06-30,`]),
      '198.51.0.0/16,wide,mission,,2024-05-01,,',
      '198.51.100.7/32,old,other,,,2023-12-31,',
    ]),
  );

  it('count its rows, its distinct prefixes, and those in force', () => {
    expect([registry().count, registry().prefixCount]).toEqual([12, 7]);
    expect(registry().countInForce(NOON)).toBe(11);
    expect(registry().countInForce(parseMicros('2024-04-01T00:00:00Z'))).toBe(5);
    expect(registryOf(['10.0.0.0/8,a,it,,,,', '10.0.0.0/8,b,it,,,,']).prefixCount).toBe(1);
  });

  it('tell IPv6 prefixes apart that differ in one word', () => {
    for (const [at, prefix] of both.entries()) {
      const words = wordsOf(prefix.split('/')[0]!);
      expect(registry().registrationAt(registry().covers(...words, NOON, Protocol.NONE)).index).toBe(at * 2);
      const { search } = registry();
      const found = search.covering({ ...namedWords(words), length: at === 4 ? 120 : 128 });
      expect(found).toEqual(at === 4 ? [10, 8, 9] : [at * 2, at * 2 + 1]);
    }
  });

  it('are the sector, protocols and validity of each row', () => {
    for (let row = 0; row < registry().count; row++) {
      const { sector, protocols } = registry().registrationAt(row);
      expect(SECTOR_NAMES[registry().sectorOf(row)]).toBe(sector);
      for (const [code, name] of PROTOCOL_NAMES.entries()) {
        const isOther = code !== 0 && protocols.length > 0 && !protocols.includes(name);
        const validity = VALIDITY_NAMES[registry().validityOf(row, NOON, code)];
        expect(validity).toBe(isOther ? 'other-protocol' : row === 11 ? 'expired' : 'in-force');
      }
    }
  });

  it('are boundaries in the order of time, whatever the order of the rows', () => {
    const found: number[] = [];
    for (let time = registry().nextBoundary(0); time !== Infinity; time = registry().nextBoundary(time))
      found.push(time);
    const dates = ['2024-01-01', '2024-05-01', '2024-06-01', '2024-07-01'];
    expect(found).toEqual(dates.map((date) => parseMicros(`${date}T00:00:00Z`)));
  });

  it('are the range of its first days, if any row has one', () => {
    expect(registry().validFromRange).toEqual({
      oldestUs: parseMicros('2024-05-01T00:00:00Z'),
      newestUs: parseMicros('2024-06-01T00:00:00Z'),
    });
    expect(registryOf(['10.0.0.0/8,a,it,,,2024-01-01,']).validFromRange).toBeNull();
  });

  it('are its prefixes, each with its rows and those of the next wider one', () => {
    const visited: [number[], number[] | null][] = [];
    registry().visitPrefixes((rows, wider) => visited.push([[...rows], wider === null ? null : [...wider]]));
    expect(visited.map((one) => JSON.stringify(one)).sort()).toEqual(
      [
        [[10], null],
        [[8, 9], [10]],
        [[11], [8, 9]],
        [[0, 1], null],
        [[2, 3], null],
        [[4, 5], null],
        [[6, 7], null],
      ]
        .map((one) => JSON.stringify(one))
        .sort(),
    );
  });

  it('are the bytes of all its arrays', () => {
    expect(registry().byteLength).toBe(reachableBytes(registry()));
  });

  it('are the hash of its file', () => {
    const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(sha256Of(new TextEncoder().encode('abc'))).toBe(expected);
  });
});

function namedWords([word0, word1, word2, word3]: Address) {
  return { word0, word1, word2, word3 };
}

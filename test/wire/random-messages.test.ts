/** Messages of captures and of vectors, whole, damaged and cut: the compiled checks and accessors say what plain readings say. */
import { beforeAll, describe, expect, it } from 'vitest';
import { DecodeStatus } from '../../src/dataplane/host/decode-status.ts';
import { forEachPacket, paths } from '../kit/capture-payloads.ts';
import { SeededRandom } from '../kit/random.mjs';
import { readAllPages } from '../kit/vector-pages.ts';
import { constants, guarded, type Placed, poisoned, wire } from './compiled-wire.ts';
import {
  chainOf,
  fieldOf,
  FIELDS,
  httpAnswer,
  isIke,
  isLongHeader,
  isPlainBody,
  isTlsHello,
} from './plain-messages.ts';

interface Message {
  readonly bytes: Buffer;
  /** Bytes that the headers claim. */
  readonly length: number;
}

/** Payloads of a capture that are taken. */
const MOST = 60;

async function sampleMessages(): Promise<Message[]> {
  const messages = readAllPages()
    .filter(({ linkType }) => Number.isNaN(linkType))
    .map(({ bytes, wireLength }): Message => ({ bytes: Buffer.from(bytes), length: wireLength }));
  for (const path of paths) {
    let count = 0;
    await forEachPacket(path, (status, { view, payload }) => {
      if (status !== DecodeStatus.OK || payload.length === 0 || count++ >= MOST) return;
      messages.push({ bytes: Buffer.from(payload), length: view.payloadLength });
    });
  }
  return messages;
}

function damaged({ bytes, length }: Message, random: SeededRandom): Message {
  const copy = Buffer.from(random.chance(0.2) ? [...random.bytes(2), ...bytes] : bytes);
  for (let left = random.below(4); left > 0 && copy.length > 0; left--) {
    const at = random.chance(0.6) ? random.below(Math.min(copy.length, 48)) : random.below(copy.length);
    copy[at] = random.chance(0.5)
      ? copy[at]! ^ (1 << random.below(8))
      : random.pick([0, 1, 4, 5, 0x20, 0x80, 0xff, 46]);
  }
  const cut = random.chance(0.4) ? copy.subarray(0, random.below(copy.length + 1)) : copy;
  const claimed = random.chance(0.3) ? cut.length + random.below(40) : Math.max(cut.length, length);
  return { bytes: cut, length: claimed };
}

/** `expect` for each of so many answers would take minutes. */
function same(name: string, seen: unknown, expected: unknown): void {
  if (seen !== expected) throw new Error(`${name} is ${String(seen)}, not ${String(expected)}`);
}

const names = Object.keys(FIELDS) as (keyof typeof FIELDS)[];

function compareFields(bytes: Buffer, at: number): void {
  for (const name of names) {
    const expected = fieldOf(bytes, name);
    if (expected !== undefined) same(name, wire[name](at) >>> 0, expected);
  }
}

/** How often each check has said yes. */
type Sound = Record<'ike' | 'chain' | 'body' | 'hello' | 'quic' | 'ah' | 'esp', number>;

function compareChecks({ bytes, length }: Message, { at, end }: Placed, random: SeededRandom, sound: Sound): void {
  const ike = isIke(bytes, length);
  same('checkIke', wire.checkIke(at, end, length), ike);
  if (ike) same('opensIke', wire.opensIke(at, end, length), true);
  if (ike) {
    const claimed = Math.min(length, bytes.readUInt32BE(24));
    const chain = chainOf(bytes, claimed);
    same('walkPayloads', wire.walkPayloads(at, bytes.length, claimed), chain);
    if (chain !== constants['Chain.BROKEN']) sound.chain++;
  }
  for (const hmacLength of [0, random.pick([20, 32, 64, 16, 28, 48])]) {
    const body = 9 + hmacLength;
    if (bytes.length < 9) continue;
    const code = bytes[0]! >> 3;
    const isBody = isPlainBody(bytes, code, body, length);
    same('checkPlainBody', wire.checkPlainBody(at, code, body, bytes.length, length), isBody);
    const tls = body + (isBody ? wire.bodyLength(code, bytes[body]!) : 0);
    const hello = isTlsHello(bytes.subarray(tls));
    same('isTlsHello', wire.isTlsHello(at, tls, bytes.length), hello);
    sound.body += Number(isBody);
    sound.hello += Number(hello);
  }
  const quic = isLongHeader(bytes);
  same('checkLongHeader', wire.checkLongHeader(at, end), quic);
  const isEsp = bytes.length >= 8 && bytes.readUInt32BE(0) !== 0;
  same('checkEsp', wire.checkEsp(at, end) === DecodeStatus.OK, isEsp);
  const isAh = bytes.length >= 12 && bytes.readUInt16BE(2) === 0 && bytes.readUInt32BE(4) !== 0 && bytes[1]! >= 2;
  same('checkAh', wire.checkAh(at, end) === DecodeStatus.OK, isAh);
  sound.ike += Number(ike);
  sound.quic += Number(quic);
  sound.esp += Number(isEsp);
  sound.ah += Number(isAh);
}

describe('messages that fingerprints read', () => {
  let messages: Message[];
  beforeAll(async () => {
    messages = await sampleMessages();
    expect(messages.length).toBeGreaterThan(2000);
  });

  function compareAll(place: typeof guarded | typeof poisoned, step: number, seed: number): Sound {
    const random = new SeededRandom(seed);
    const sound: Sound = { ike: 0, chain: 0, body: 0, hello: 0, quic: 0, ah: 0, esp: 0 };
    for (let i = 0; i < messages.length; i += step) {
      const message = messages[i]!;
      for (const tried of [message, damaged(message, random), damaged(message, random)]) {
        const placed = place(tried.bytes, tried.bytes.length, random.pick([0, 0xff, 0xa5]));
        compareFields(tried.bytes, placed.at);
        compareChecks(tried, placed, random, sound);
      }
    }
    return sound;
  }

  it('have the fields, and pass the checks, that a plain reading has', () => {
    const sound = compareAll(poisoned, 1, 16);
    for (const [name, count] of Object.entries(sound)) expect(count, name).toBeGreaterThan(10);
  });

  it('are read within their bounds', () => {
    compareAll(guarded, 7, 17);
  });
});

describe('what comes before a stream', () => {
  it('is told from the same bytes on, however many more are there', () => {
    const vectors = readAllPages().filter(({ page }) => page === 'proxy-preface');
    const random = new SeededRandom(20);
    for (let round = 0; round < 3000; round++) {
      const { bytes } = damaged({ bytes: Buffer.from(random.pick(vectors).bytes), length: 0 }, random);
      const [phase, isClient] = [random.below(2), random.below(2)];
      const step = (length: number): number => wire.prefaceStep(guarded(bytes, length).at, length, phase, isClient);
      let told: number | null = null;
      for (let length = 0; length <= bytes.length; length++) {
        const answer = step(length);
        if (told !== null) same(`the answer after ${length} of ${bytes.toString('hex')}`, answer, told);
        else if (answer !== constants.PREFACE_CUT) {
          told = answer;
          expect(answer).toBeLessThanOrEqual(length);
        }
      }
    }
  });

  it('has an HTTP header and body as long as a plain reading says', () => {
    const fields = [
      'Content-Length:',
      'content-length:',
      'CONTENT\rLENGTH:',
      'Content-Type:',
      '\r\ncontent-length: \t',
    ];
    const values = ['12', ' 7', '\t 00001', '', ' x9', '99999999', '2048', '2049', '12\r\nContent-Length: 3'];
    const random = new SeededRandom(18);
    const counts = { whole: 0, cut: 0, none: 0 };
    for (let round = 0; round < 6000; round++) {
      const lines = Array.from({ length: random.below(4) }, () => `${random.pick(fields)}${random.pick(values)}`);
      const isAnswer = random.chance(0.7);
      const first = isAnswer ? random.pick(['HTTP/1.1 407 no', 'HTTP/1.0 200 OK']) : 'CONNECT a:1 HTTP/1.1';
      const end = random.pick(['\r\n\r\n', '\r\n\r\n0123456789abc', '\r\n']);
      const whole = [first, ...lines].join('\r\n') + end;
      const text = random.chance(0.2) ? whole.slice(0, random.below(whole.length)) : whole;
      const read = httpAnswer(text);
      let expected = constants.PREFACE_CUT;
      if (read !== null) {
        const length = read.header + (isAnswer ? read.body : 0);
        if (isAnswer && read.body > 2048) expected = constants.NOT_A_PREFACE;
        else if (length <= text.length) expected = length;
      }
      const { at } = guarded(Buffer.from(text, 'latin1'));
      same(text, wire.prefaceStep(at, text.length, 0, Number(!isAnswer)), expected);
      counts[expected > 0 ? 'whole' : expected === constants.PREFACE_CUT ? 'cut' : 'none']++;
    }
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(100);
  });
});

import { describe, expect, it } from 'vitest';
import { DecisionBatches } from '../../src/history/collect/decision-batches.ts';
import { type DecisionBatch, parseHead } from '../../src/history/recent/decision-batch.ts';
import { SeededRandom } from '../kit/random.mjs';

const LIMITS = { most: 1000, addresses: 'plain' } as const;
const RULES = { policy: '', policySha256: '', registrySha256: '', mode: 'observe', rules: [] } as const;

/** Batches whose process answers when the test says so. */
function underTest(perSecond: number, mostWaiting = 1e6) {
  const clock = { ms: 0 };
  const sent: DecisionBatch[] = [];
  const answers: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  const send = (batch: DecisionBatch): Promise<void> => {
    sent.push(batch);
    return new Promise((resolve, reject) => answers.push({ resolve, reject }));
  };
  const batches = new DecisionBatches({ limits: LIMITS, perSecond, mostWaiting, send, now: () => clock.ms });
  const decide = (isHit: boolean, generation = 1): boolean => {
    const isTaken = batches.takes(isHit);
    if (isTaken)
      batches.add({ generation, held: false, otherProtocol: false, tried: ';' }, `{"number":${batches.made}}\n`);
    return isTaken;
  };
  const numbers = (): number[] =>
    sent.flatMap(({ text }) => {
      const lines = text.split('\n').slice(0, -1);
      return lines.filter((_, index) => index % 2 === 0).map((line) => parseHead(line).number);
    });
  return { clock, sent, answers, batches, decide, numbers };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('batches of decisions', () => {
  it('take at most their share a second, and count what they leave out', () => {
    const { clock, batches, decide } = underTest(2000);
    let taken = 0;
    for (clock.ms = 0; clock.ms < 10_000; clock.ms += 0.1) if (decide(true)) taken++;
    expect(batches.made).toBe(100_000);
    // The first second also uses what a quiet second before it left over.
    expect(taken).toBeGreaterThanOrEqual(21_900);
    expect(taken).toBeLessThanOrEqual(22_000);
    expect(batches.leftOut).toBe(100_000 - taken);
  });

  it('keep room for decisions that hit in a flood of those that allow', () => {
    const { clock, decide } = underTest(2000);
    let hits = 0;
    for (clock.ms = 0; clock.ms < 10_000; clock.ms += 0.1) {
      decide(false);
      if (Math.round(clock.ms * 10) % 100 === 0 && decide(true)) hits++;
    }
    expect(hits).toBe(1000);
  });

  it('send every taken decision once and in order, one batch at a time', async () => {
    const random = new SeededRandom(3);
    const { sent, answers, batches, decide, numbers } = underTest(Infinity);
    for (let round = 0; round < 200; round++) {
      for (let i = random.below(40); i > 0; i--) decide(random.chance(0.5));
      void batches.flush();
      expect(sent.length - answers.length).toBe(0);
      if (random.chance(0.5)) answers[sent.length - 1]?.resolve();
      await settle();
    }
    for (let rounds = 0; rounds < 20; rounds++) {
      answers[sent.length - 1]?.resolve();
      await settle();
      void batches.flush();
    }
    expect(numbers()).toEqual(Array.from({ length: batches.made }, (_, i) => i + 1));
    expect(sent.at(-1)?.made).toBe(batches.made);
    expect(batches.leftOut).toBe(0);
  });

  it('leave out what comes while a slow process has too much before it', () => {
    const { batches, decide } = underTest(Infinity, 50);
    void batches.flush();
    for (let i = 0; i < 80; i++) decide(true);
    expect(batches.leftOut).toBe(30);
  });

  it('count a batch that the process did not take as left out, and send its rules again', async () => {
    const { sent, answers, batches, decide } = underTest(Infinity);
    batches.useRules({ generation: 1, ...RULES });
    decide(true);
    void batches.flush();
    answers[0]!.reject(new Error('the history process has ended'));
    await settle();
    expect(batches.leftOut).toBe(1);
    batches.useRules({ generation: 2, ...RULES });
    batches.useRules({ generation: 3, ...RULES });
    decide(true, 3);
    void batches.flush();
    expect(sent[1]!.rules.map(({ generation }) => generation)).toEqual([1, 2, 3]);
    batches.useRules({ generation: 4, ...RULES });
    answers[1]!.resolve();
    await settle();
    decide(true, 4);
    void batches.flush();
    expect(sent[2]!.rules.map(({ generation }) => generation)).toEqual([3, 4]);
  });
});

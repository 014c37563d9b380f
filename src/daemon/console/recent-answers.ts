/** Keeps answers for a while, so that many open pages cost the history one question. */

interface Kept {
  readonly answer: Promise<string>;
  readonly untilMs: number;
}

export class RecentAnswers<Query> {
  private readonly ask: (query: Query) => Promise<string>;
  private readonly keepMs: (query: Query) => number;
  private readonly most: number;
  private readonly kept = new Map<string, Kept>();

  /** `most`: answers that are kept; the oldest go first. One that failed is not kept. */
  constructor(ask: (query: Query) => Promise<string>, keepMs: (query: Query) => number, most = 32) {
    this.ask = ask;
    this.keepMs = keepMs;
    this.most = most;
  }

  answer(query: Query, nowMs = Date.now()): Promise<string> {
    const key = JSON.stringify(query);
    const before = this.kept.get(key);
    if (before !== undefined && nowMs < before.untilMs) return before.answer;
    const answer = this.ask(query);
    this.kept.delete(key);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size < this.most) break;
      this.kept.delete(oldest);
    }
    const kept = { answer, untilMs: nowMs + this.keepMs(query) };
    this.kept.set(key, kept);
    answer.catch(() => {
      if (this.kept.get(key) === kept) this.kept.delete(key);
    });
    return answer;
  }
}

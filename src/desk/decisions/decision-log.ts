/**
 * The log of decisions that a daemon writes, where one is at hand: how many clients reach a far end, and what was
 * decided about an address. It is read from its end, a piece between other requests, one question at a time.
 */
import { open } from 'node:fs/promises';
import { linesBack } from '../../history/recent/lines-back.ts';
import { movedFilesOf } from '../../output/log/log-tail.ts';
import { AddressSet } from './address-set.ts';
import { type LoggedDecision, loggedDecision } from './logged-decision.ts';

/** A question reads at most so much, and takes at most so long; the answer says how far back it reaches. */
const MOST_BYTES = 1 << 28;
const LONGEST_MS = 20_000;
const MOST_CLIENTS = 100_000;
const MOST_DECISIONS = 20;
const KEPT_MS = 300_000;
const MOST_KEPT = 100;
const MOST_WAITING = 8;
/** The fields of a line of the log that are looked at first. */
const DECISION = /^\{"timestamp":"([^"]{1,40})","event_type":"decision",/;
const ENDS = /"src_ip":"([^"]{1,45})".{0,40}?"dest_ip":"([^"]{1,45})"/;

export interface Reach {
  /** Distinct clients of flows to the far ends, or from them. */
  readonly clients: number;
  /** The time of the earliest decision that was read; null where there was none. */
  readonly since: string | null;
}

export interface Decisions {
  /** The newest first. */
  readonly list: readonly LoggedDecision[];
  readonly since: string | null;
}

export class DecisionLog {
  private readonly path: string;
  private readonly now: () => number;
  private readonly kept = new Map<string, { readonly atMs: number; readonly answer: Promise<unknown> }>();
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor(path: string, now: () => number = Date.now) {
    this.path = path;
    this.now = now;
  }

  /** Rejects where the log cannot be read. */
  reach(farEnds: readonly string[]): Promise<Reach> {
    return this.asked(`reach ${farEnds.join(' ')}`, async () => {
      const wanted = new AddressSet(farEnds);
      const clients = new Set<string>();
      const since = await this.read((_line, source, destination) => {
        if (wanted.has(destination)) clients.add(source);
        else if (wanted.has(source)) clients.add(destination);
        return clients.size < MOST_CLIENTS;
      });
      return { clients: clients.size, since };
    });
  }

  /** The newest decisions about flows with one of the addresses. Rejects where the log cannot be read. */
  about(addresses: readonly string[]): Promise<Decisions> {
    return this.asked(`about ${addresses.join(' ')}`, async () => {
      const wanted = new AddressSet(addresses);
      const list: LoggedDecision[] = [];
      const since = await this.read((line, source, destination) => {
        const decision = wanted.has(source) || wanted.has(destination) ? loggedDecision(line) : null;
        if (decision !== null) list.push(decision);
        return list.length < MOST_DECISIONS;
      });
      return { list, since };
    });
  }

  /** The same question within some minutes has the same answer. */
  private asked<T>(question: string, answerIt: () => Promise<T>): Promise<T> {
    const known = this.kept.get(question);
    if (known !== undefined && this.now() - known.atMs < KEPT_MS) return known.answer as Promise<T>;
    if (this.waiting >= MOST_WAITING) return Promise.reject(new Error('other questions are being answered'));
    this.waiting++;
    const answer = this.last.then(answerIt).finally(() => this.waiting--);
    this.last = answer.catch(() => this.kept.delete(question));
    if (this.kept.size >= MOST_KEPT) this.kept.delete(this.kept.keys().next().value!);
    this.kept.set(question, { atMs: this.now(), answer });
    return answer;
  }

  /** Gives each decision to `take`, the newest first, as long as that returns true. The time of the earliest. */
  private async read(take: (line: string, source: string, destination: string) => boolean): Promise<string | null> {
    const end = this.now() + LONGEST_MS;
    let since: string | null = null;
    let bytes = 0;
    for (const path of [this.path, ...(await movedFilesOf(this.path))]) {
      const file = await open(path);
      try {
        for await (const { lines, length } of linesBack(file, (await file.stat()).size)) {
          for (const line of lines) {
            const time = line === null ? undefined : DECISION.exec(line)?.[1];
            const ends = time === undefined ? null : ENDS.exec(line!);
            if (ends === null) continue;
            since = time!;
            if (!take(line!, ends[1]!, ends[2]!)) return since;
          }
          bytes += length;
          if (bytes >= MOST_BYTES || this.now() >= end) return since;
        }
      } finally {
        await file.close();
      }
    }
    return since;
  }
}

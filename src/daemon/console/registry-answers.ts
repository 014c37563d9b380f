/** Answers the questions of the Registry page about the registry in use. */
import { setImmediate } from 'node:timers/promises';
import { PROTOCOL_NAMES, Protocol } from '../../core/protocol.ts';
import { EXPIRING_DAYS, type RegistryFigures } from '../../registry/summary/registry-summary.ts';
import {
  expiringCsv,
  overlapsCsv,
  type RegistryAnswers,
  RegistryBusy,
  type RegistryList,
} from '../../web/api/registry-routes.ts';
import type {
  ExpiringList,
  ListQuery,
  OverlapList,
  RegistrationAnswer,
  RegistrationQuery,
  RegistrySummaryDocument,
  SearchAnswer,
  SearchQuery,
} from '../../web/api/registry-schema.ts';
import type { User } from '../../web/api/route.ts';
import type { LiveParts } from './live-document.ts';
import { RecentAnswers } from './recent-answers.ts';
import { RegistryIndex } from './registry-index.ts';
import { type AskedAt, registrationView, searchRegistry } from './registry-search.ts';
import { hidesRegistrations, type ShownRegistrations } from './shown-change.ts';
import type { RulesUse } from './rules-use.ts';

const DEFAULT_LIMIT = 100;
/** Searches that may wait for one another. */
const MOST_WAITING = 32;
/** Rows of a CSV: all that a list names. It is kept so long. */
const WHOLE: ListQuery = { skip: 0, limit: Infinity };
const CSV_MS = 10_000;
/** Rows that are made in one turn of the event loop: about a millisecond. */
const ROWS_AT_ONCE = 200;
const MICROS_PER_MILLISECOND = 1000;
const MICROS_PER_SECOND = 1e6;

type RegistryParts = Pick<LiveParts, 'engine' | 'changes'> & ShownRegistrations;

export class ConsoleRegistry implements RegistryAnswers {
  private readonly parts: RegistryParts;
  private readonly use: Pick<RulesUse, 'registryMs'>;
  private index: RegistryIndex | null = null;
  private waiting = 0;
  private working: Promise<unknown> = Promise.resolve();
  private readonly groups = new WeakMap<RegistryFigures, ExpiringList['groups']>();
  /** By list, registry and whether registrations are hidden. */
  private readonly texts = new RecentAnswers<{ list: RegistryList; hidden: boolean; sha256: string }>(
    ({ list, hidden }) => this.inTurn(() => this.csvOf(list, hidden)),
    () => CSV_MS,
  );

  constructor(parts: RegistryParts, use: Pick<RulesUse, 'registryMs'>) {
    this.parts = parts;
    this.use = use;
  }

  async summary(user: User | null): Promise<RegistrySummaryDocument> {
    const { engine, changes } = this.parts;
    const { rules, timeUs } = engine;
    const index = this.indexNow();
    const hidden = hidesRegistrations(this.parts, user);
    // A search may follow.
    if (!hidden) void index.references().then(() => index.holders());
    const figures = await index.figures(timeUs);
    const { registryChangedMs } = changes.reloads;
    return {
      sha256: index.registry.sha256,
      version: rules.versions?.registry ?? null,
      at_ms: figures.timeUs / MICROS_PER_MILLISECOND,
      changed_ms: Number.isFinite(registryChangedMs) ? registryChangedMs : null,
      since_ms: this.use.registryMs,
      rows: figures.rows,
      prefixes: figures.prefixes,
      in_force: figures.inForce,
      not_yet_valid: figures.notYetValid,
      expired: figures.expired,
      expiring: EXPIRING_DAYS.map((days, at) => ({ days, registrations: figures.expiring[at]! })),
      sectors: figures.sectors.map(({ ipv6, ...sector }) => ({ ...sector, ipv6: String(ipv6) })),
      overlaps: figures.overlapCount,
      duplicates: figures.duplicateCount,
      without_begin: figures.withoutBegin,
      months: [...figures.months],
      hidden,
    };
  }

  async search({ q, at, protocol = 'none' }: SearchQuery, user: User | null): Promise<SearchAnswer | null> {
    if (hidesRegistrations(this.parts, user)) return null;
    const asked = this.askedAt(at, protocol);
    const found = await this.inTurn(() => searchRegistry(this.indexNow(), q, asked));
    return { ...found, at_ms: asked.timeUs / MICROS_PER_MILLISECOND, protocol };
  }

  registration({ row, at }: RegistrationQuery, user: User | null): RegistrationAnswer | null | undefined {
    if (hidesRegistrations(this.parts, user)) return null;
    const { registry } = this.indexNow();
    if (row >= registry.count) return undefined;
    return { sha256: registry.sha256, registration: registrationView(registry, row, this.askedAt(at, 'none')) };
  }

  expiring(query: ListQuery, user: User | null): Promise<ExpiringList> {
    return this.expiringOf(query, hidesRegistrations(this.parts, user));
  }

  overlaps(query: ListQuery, user: User | null): Promise<OverlapList> {
    return this.overlapsOf(query, hidesRegistrations(this.parts, user));
  }

  private async expiringOf({ skip = 0, limit = DEFAULT_LIMIT }: ListQuery, hidden: boolean): Promise<ExpiringList> {
    const { registry, figures, asked } = await this.listed();
    const { expiringRows, expiring } = figures;
    const total = expiring.at(-1)!;
    const list = { at_ms: figures.timeUs / MICROS_PER_MILLISECOND, total, skip, hidden };
    if (hidden) return { ...list, rows: [], groups: this.groupsOf(registry, figures).slice(skip, skip + limit) };
    const rows = await inPieces(expiringRows.slice(skip, skip + limit), (row) =>
      registrationView(registry, row, asked),
    );
    return { ...list, rows, groups: [] };
  }

  private async overlapsOf({ skip = 0, limit = DEFAULT_LIMIT }: ListQuery, hidden: boolean): Promise<OverlapList> {
    const { registry, figures, asked } = await this.listed();
    const { overlapCount, duplicateCount, overlaps } = figures;
    const rows = hidden ? [] : overlaps.slice(skip, skip + limit);
    return {
      overlaps: overlapCount,
      duplicates: duplicateCount,
      total: overlaps.length,
      skip,
      rows: await inPieces(rows, ({ row, other, kind }) => ({
        kind,
        registration: registrationView(registry, row, asked),
        other: registrationView(registry, other, asked),
      })),
      hidden,
    };
  }

  csv(list: RegistryList, user: User | null): Promise<string> {
    return this.texts.answer({
      list,
      hidden: hidesRegistrations(this.parts, user),
      sha256: this.indexNow().registry.sha256,
    });
  }

  private async csvOf(list: RegistryList, hidden: boolean): Promise<string> {
    return list === 'expiring'
      ? expiringCsv(await this.expiringOf(WHOLE, hidden))
      : overlapsCsv(await this.overlapsOf(WHOLE, hidden));
  }

  /** Registrations that expire by time and sector; made once for each summary. */
  private groupsOf(registry: RegistryIndex['registry'], figures: RegistryFigures): ExpiringList['groups'] {
    let groups = this.groups.get(figures);
    if (groups === undefined) this.groups.set(figures, (groups = groupsOf(registry, figures.expiringRows)));
    return groups;
  }

  private async listed() {
    const { registry } = this.indexNow();
    const figures = await this.index!.figures(this.parts.engine.timeUs);
    const asked: AskedAt = { timeUs: figures.timeUs, protocol: Protocol.NONE };
    return { registry, figures, asked };
  }

  private askedAt(at: number | undefined, protocol: (typeof PROTOCOL_NAMES)[number]): AskedAt {
    const timeUs = at === undefined ? this.parts.engine.timeUs : Math.round(at * MICROS_PER_SECOND);
    return { timeUs, protocol: PROTOCOL_NAMES.indexOf(protocol) };
  }

  /** The index of the registry in use. */
  private indexNow(): RegistryIndex {
    const { registry } = this.parts.engine.rules;
    if (this.index?.registry !== registry) this.index = new RegistryIndex(registry);
    return this.index;
  }

  /** Searches run one after the other, so that many of them do not add up in one turn of the event loop. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.waiting >= MOST_WAITING) return Promise.reject(new RegistryBusy());
    this.waiting++;
    const result = this.working
      .then(() => setImmediate())
      .then(work)
      .finally(() => this.waiting--);
    this.working = result.catch(() => undefined);
    return result;
  }
}

/** One for each, in turns of the event loop. */
async function inPieces<From, To>(all: readonly From[], make: (one: From) => To): Promise<To[]> {
  const made: To[] = [];
  for (const [at, one] of all.entries()) {
    if (at % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) await setImmediate();
    made.push(make(one));
  }
  return made;
}

/** Registrations that expire by time and sector. */
function groupsOf(registry: RegistryIndex['registry'], rows: readonly number[]): ExpiringList['groups'] {
  const groups = new Map<string, ExpiringList['groups'][number]>();
  for (const row of rows) {
    const { sector, validUntilUs } = registry.registrationAt(row);
    const until = validUntilUs! / MICROS_PER_MILLISECOND;
    const group = groups.get(`${until} ${sector}`) ?? { until_ms: until, sector, registrations: 0 };
    group.registrations++;
    groups.set(`${until} ${sector}`, group);
  }
  return [...groups.values()];
}

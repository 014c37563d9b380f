/**
 * What the console has of a registry beyond its rows: the figures of its summary, the texts of its holders for
 * searches, and an index of its references. All are made in steps when a page first asks, and kept until the registry
 * is replaced.
 */
import { TextIndex } from '../../registry/lookup/text-index.ts';
import { TextSearch } from '../../registry/lookup/text-search.ts';
import type { Registry } from '../../registry/registry.ts';
import { type RegistryFigures, RegistrySummary } from '../../registry/summary/registry-summary.ts';
import { inSteps } from './work-in-steps.ts';

const PREFIXES_AT_ONCE = 1000;
/** Figures are made again once dates have passed, but not more often than this. */
const FIGURES_MS = 60_000;

export class RegistryIndex {
  readonly registry: Registry;
  private readonly search: TextSearch;
  private readonly exact: TextIndex;
  private preparing: Promise<void> | null = null;
  private indexing: Promise<void> | null = null;
  private figuresNow: RegistryFigures | null = null;
  private figuresMs = -Infinity;
  private summing: Promise<RegistryFigures> | null = null;

  constructor(registry: Registry) {
    this.registry = registry;
    this.search = new TextSearch(registry.holders);
    this.exact = new TextIndex(registry.references);
  }

  /** The figures at a packet time, or a minute before it. */
  figures(timeUs: number): Promise<RegistryFigures> {
    const { figuresNow } = this;
    const isOld = performance.now() - this.figuresMs > FIGURES_MS || (figuresNow?.timeUs ?? Infinity) > timeUs;
    if (figuresNow !== null && !isOld) return Promise.resolve(figuresNow);
    this.summing ??= this.sum(timeUs).finally(() => (this.summing = null));
    // Old figures do while new ones are made.
    return figuresNow !== null && figuresNow.timeUs <= timeUs ? Promise.resolve(figuresNow) : this.summing;
  }

  /** The search of holders, once it is ready. */
  async holders(): Promise<TextSearch> {
    this.preparing ??= inSteps(() => this.search.prepare());
    await this.preparing;
    return this.search;
  }

  /** The index of references, once it is ready. */
  async references(): Promise<TextIndex> {
    this.indexing ??= inSteps(() => this.exact.prepare());
    await this.indexing;
    return this.exact;
  }

  private async sum(timeUs: number): Promise<RegistryFigures> {
    const summary = new RegistrySummary(this.registry, timeUs);
    await inSteps(() => summary.step(PREFIXES_AT_ONCE));
    this.figuresNow = summary.result();
    this.figuresMs = performance.now();
    return this.figuresNow;
  }
}

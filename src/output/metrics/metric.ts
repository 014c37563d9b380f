/**
 * A metric of the catalogue: name, help, labels, and the function that reads its values. The builder functions cover
 * the usual shapes.
 */
import type { DelayHistogram } from '../../decision/delay-histogram.ts';
import type { MetricsSources } from './metrics-sources.ts';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface ValueMetric {
  readonly type: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: (sources: MetricsSources) => readonly Sample[];
}

interface HistogramMetric {
  readonly type: 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: (sources: MetricsSources) => DelayHistogram;
}

export type CatalogueMetric = ValueMetric | HistogramMetric;

type Read = (sources: MetricsSources) => number;
export type ReadRows = (sources: MetricsSources) => readonly Sample[];

export const MS_PER_SECOND = 1000;
export const MICROS_PER_SECOND = 1e6;

export function counter(name: string, help: string, read: Read): ValueMetric {
  return { type: 'counter', name, help, labels: [], read: (sources) => [{ labels: {}, value: read(sources) }] };
}

export function gauge(name: string, help: string, read: Read): ValueMetric {
  return { type: 'gauge', name, help, labels: [], read: (sources) => [{ labels: {}, value: read(sources) }] };
}

export function counters(name: string, labels: readonly string[], help: string, read: ReadRows): ValueMetric {
  return { type: 'counter', name, help, labels, read };
}

export function gauges(name: string, labels: readonly string[], help: string, read: ReadRows): ValueMetric {
  return { type: 'gauge', name, help, labels, read };
}

/** A sample for each name, by its index in the counts; unnamed indexes are left out. */
export function byName(
  label: string,
  names: readonly (string | undefined)[],
  counts: ArrayLike<number>,
  first = 0,
): readonly Sample[] {
  return names.flatMap((name, index) =>
    name === undefined || index < first ? [] : [{ labels: { [label]: name }, value: counts[index]! }],
  );
}

export function byKey(label: string, values: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value }));
}

export const seconds = (micros: number): number => (Number.isNaN(micros) ? 0 : micros / MICROS_PER_SECOND);

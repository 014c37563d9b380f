/**
 * Serves the metrics to Prometheus, with prom-client. Values are read from the engine's counters at the scrape, all in
 * one turn of the event loop, so one answer is a consistent snapshot.
 */
import { Counter, Gauge, type Metric, Registry } from 'prom-client';
import { DELAY_BOUNDS_SECONDS, type DelayHistogram } from '../../decision/delay-histogram.ts';
import { type EventOrigin, NO_ORIGIN, originFields } from '../event/event-origin.ts';
import type { CatalogueMetric, Sample } from './metric.ts';
import { CATALOGUE } from './metrics-catalogue.ts';
import type { MetricsSources } from './metrics-sources.ts';

const MICROS_PER_SECOND = 1e6;

export class Metrics {
  private readonly registry = new Registry();
  private readonly sources: MetricsSources;

  /** `origin`: labels of every metric. */
  constructor(sources: MetricsSources, origin: EventOrigin = NO_ORIGIN) {
    this.sources = sources;
    this.registry.setDefaultLabels(originFields(origin));
    for (const { metrics } of CATALOGUE) for (const metric of metrics) this.add(metric);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  private add(metric: CatalogueMetric): void {
    const { sources, registry } = this;
    const { name, help } = metric;
    if (metric.type === 'histogram') {
      registry.registerMetric(histogramOf(name, help, () => metric.read(sources)));
      return;
    }
    const settings = { name, help, labelNames: [...metric.labels], registers: [registry] };
    const read = (): readonly Sample[] => metric.read(sources);
    if (metric.type === 'counter') {
      new Counter({
        ...settings,
        collect() {
          this.reset();
          for (const { labels, value } of read()) this.inc(labels, value);
        },
      });
    } else {
      new Gauge({
        ...settings,
        collect() {
          this.reset();
          for (const { labels, value } of read()) this.set(labels, value);
        },
      });
    }
  }
}

/** A histogram with counts that are kept elsewhere: the class of prom-client only accepts single observations. */
function histogramOf(name: string, help: string, read: () => DelayHistogram): Metric {
  const get = (): Promise<unknown> => {
    const { counts, sumUs } = read();
    let total = 0;
    const values: { metricName: string; labels: Record<string, string | number>; value: number }[] = [];
    for (const [interval, count] of counts.entries()) {
      total += count;
      const le = DELAY_BOUNDS_SECONDS[interval] ?? '+Inf';
      values.push({ metricName: `${name}_bucket`, labels: { le }, value: total });
    }
    values.push({ metricName: `${name}_sum`, labels: {}, value: sumUs / MICROS_PER_SECOND });
    values.push({ metricName: `${name}_count`, labels: {}, value: total });
    return Promise.resolve({ name, help, type: 'histogram', values, aggregator: 'sum' });
  };
  // A prom-client registry only uses a metric's name and `get`, but its type requires the whole class.
  return { name, get } as unknown as Metric;
}

/** The catalogue as a page of Markdown. */
export function metricsPage(): string {
  const lines = [
    '# Metrics',
    '',
    'Every metric at `/metrics` of `sluice run`, written by `sluice run --metrics-table`.',
    'No label holds an address, a port or the name of a holder.',
    'With `--site`, `--isp` and `--link` every metric has these labels too.',
  ];
  for (const { part, metrics } of CATALOGUE) {
    lines.push('', `## ${part}`, '', '| metric | type | labels | meaning |', '| --- | --- | --- | --- |');
    for (const { name, type, labels, help } of metrics) {
      lines.push(`| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

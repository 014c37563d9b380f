/**
 * Since when the rules, and the registry, have been in use, by the clock: a reload that changed nothing does not count,
 * and neither does a restart, before which the history is asked.
 */
import type { Rules } from '../../decision/rules.ts';
import type { HistoryClient } from '../../history/process/history-client.ts';
import type { RulesSince } from '../../history/query/rules-since.ts';
import type { Place } from '../../history/roll-up.ts';

/** A history that could not answer is asked again after this. */
const RETRY_MS = 30_000;

export class RulesUse {
  /** Milliseconds since 1970. */
  rulesMs = Date.now();
  registryMs = Date.now();
  private readonly client: Pick<HistoryClient, 'ask'>;
  private readonly place: Place;
  private noted: Rules | null = null;
  /** When the history is asked next; Infinity once it has answered, or other rules have come. */
  private askMs = -Infinity;

  constructor(client: Pick<HistoryClient, 'ask'>, place: Place) {
    this.client = client;
    this.place = place;
  }

  /** To be called about once a second. */
  note(rules: Rules): void {
    const before = this.noted;
    this.noted = rules;
    if (before !== null) this.follow(before, rules);
    if (performance.now() >= this.askMs) void this.ask(rules);
  }

  private follow(before: Rules, rules: Rules): void {
    const isSameRegistry = before.registry.sha256 === rules.registry.sha256;
    if (isSameRegistry && before.policy.sha256 === rules.policy.sha256 && before.mode === rules.mode) return;
    this.rulesMs = Date.now();
    if (!isSameRegistry) this.registryMs = this.rulesMs;
    this.askMs = Infinity;
  }

  private async ask(rules: Rules): Promise<void> {
    this.askMs = performance.now() + RETRY_MS;
    const { policy, registry, mode } = rules;
    const query = { place: this.place, policy: policy.sha256, registry: registry.sha256, mode };
    try {
      const { rulesMs, registryMs } = JSON.parse(await this.client.ask({ what: 'rules-since', query })) as RulesSince;
      // Other rules may have come while the history was asked.
      if (this.noted !== rules) return;
      this.askMs = Infinity;
      this.rulesMs = Math.min(this.rulesMs, rulesMs ?? Infinity);
      this.registryMs = Math.min(this.registryMs, registryMs ?? Infinity);
    } catch {
      // The page says elsewhere that the history cannot answer.
    }
  }
}

/** What a run's inputs have reached, by name: decode statuses, capture faults, findings, checks of evidence, encapsulations, ends. */
import { CaptureFault, CHECKS, DECODE_STATUS_NAMES, faultName, VARIANT_NAMES } from './sluice.mjs';

/** What there is to reach. */
export const REACHABLE = {
  statuses: DECODE_STATUS_NAMES.filter((name) => name !== undefined && name !== 'ok'),
  // An unreadable file is none of an input's bytes.
  faults: Object.values(CaptureFault)
    .filter((fault) => fault !== CaptureFault.UNREADABLE)
    .map(faultName),
  variants: Object.values(VARIANT_NAMES).filter((name) => name !== 'none'),
  checks: Object.values(CHECKS).map(({ name }) => name),
  flowEnds: ['timeout', 'closed', 'evicted', 'shutdown'],
};

export class Coverage {
  #counts = Object.fromEntries([...Object.keys(REACHABLE), 'stages', 'actions'].map((kind) => [kind, {}]));

  #add(kind, name, count = 1) {
    this.#counts[kind][name] = (this.#counts[kind][name] ?? 0) + count;
  }

  /** Notes what a run (sluice.mjs) came to, and how its capture ended. */
  note(run, end) {
    this.#add('faults', end.split(' ')[0]);
    for (const [name, count] of Object.entries(run.counters.notDecodedByName())) {
      this.#add('statuses', name, count);
    }
    for (const line of run.lines) {
      const event = JSON.parse(line);
      if (event.event_type === 'flow') this.#add('flowEnds', event.flow.reason);
      else this.#noteDecision(event);
    }
  }

  #noteDecision({ vpn, decision }) {
    this.#add('variants', vpn.variant);
    this.#add('stages', `${vpn.protocol} ${vpn.stage}`);
    this.#add('actions', `${decision.action} ${decision.reason}`);
    for (const { check } of vpn.evidence) this.#add('checks', check);
  }

  /** Counts by kind and name. */
  get reached() {
    return this.#counts;
  }
}

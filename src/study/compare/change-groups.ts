/** Flows that change, with their clients, by one property each: for readers who may not see how properties combine. */
import type { DecisionView } from '../../decision/decision-sink.ts';
import type { FlowRecord } from '../../decision/flow-record.ts';
import { RowSet } from '../row-set.ts';
import { valueOf } from './change-table.ts';

/** The properties, in the order of a report. Each has few values, whatever the rules and captures are. */
export const PROPERTIES = ['action', 'protocol', 'stage', 'sector'] as const;
export type Property = (typeof PROPERTIES)[number];

export interface ChangeGroup {
  readonly value: string;
  readonly flows: number;
  readonly clients: number;
}

interface Cell {
  flows: number;
  readonly clients: RowSet;
}

export class ChangeGroups {
  private readonly cells: Readonly<Record<Property, Map<string, Cell>>> = {
    action: new Map(),
    protocol: new Map(),
    stage: new Map(),
    sector: new Map(),
  };

  /** Takes a flow that changes, by the decisions that differ; `client` is the number of its client. */
  take(flow: FlowRecord, from: DecisionView, to: DecisionView, client: number): void {
    for (const property of PROPERTIES) {
      const value = property === 'action' ? `${from.action} → ${to.action}` : valueOf(property, flow, from, to);
      const ofProperty = this.cells[property];
      let cell = ofProperty.get(value);
      if (cell === undefined) ofProperty.set(value, (cell = { flows: 0, clients: new RowSet() }));
      cell.flows++;
      cell.clients.add(client);
    }
  }

  /** The groups of a property, the one with most clients first. */
  groups(property: Property): ChangeGroup[] {
    return [...this.cells[property]]
      .map(([value, { flows, clients }]) => ({ value, flows, clients: clients.count }))
      .sort((a, b) => b.clients - a.clients || b.flows - a.flows || (a.value < b.value ? -1 : 1));
  }
}

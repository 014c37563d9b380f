/** The daemon's side of incidents: questions go to the history, and notes are actions of an operator. */
import { withoutAddressText } from '../../history/collect/change-fields.ts';
import type { IncidentsQuery } from '../../history/query/incident-list.ts';
import type { IncidentAnswers } from '../../web/api/incident-routes.ts';
import type { NewNote } from '../../web/api/incident-schema.ts';
import type { User } from '../../web/api/route.ts';
import type { RunAdministration } from '../administration.ts';
import type { HistoryFeed } from './history-feed.ts';

const MICROS_PER_SECOND = 1e6;

export class ConsoleIncidents implements IncidentAnswers {
  private readonly history: HistoryFeed;
  private readonly administration: RunAdministration;

  constructor(history: HistoryFeed, administration: RunAdministration) {
    this.history = history;
    this.administration = administration;
  }

  incidents(query: IncidentsQuery, people: boolean): Promise<string> {
    return this.history.client.ask({ what: 'incidents', query, people });
  }

  incident(id: number, people: boolean): Promise<string> {
    return this.history.client.ask({ what: 'incident', query: id, people });
  }

  note(note: NewNote, { name }: User): Promise<number> {
    const { title, cause = null, protocols = [], rules = [], sectors = [], from, to } = note;
    const { place } = this.history.options;
    const beginUs = from * MICROS_PER_SECOND;
    const endUs = to === undefined ? null : to * MICROS_PER_SECOND;
    const clean = (texts: readonly string[]): string[] => texts.map(withoutAddressText);
    const fields = {
      title: withoutAddressText(title),
      cause: cause === null ? null : withoutAddressText(cause),
      scope: { protocols: clean(protocols), rules: clean(rules), sectors: clean(sectors) },
      numbers: {},
      noted: { by: name, at_ms: Date.now() },
    };
    const incident = { kind: 'note', subject: '', beginUs, endUs, latestUs: endUs ?? beginUs, fields } as const;
    return this.administration.record('note', { via: 'console', account: name }, async () => {
      const id = Number(await this.history.client.ask({ what: 'note', query: { place, incident } }));
      return { value: id, result: 'success', details: { incident: id, title: fields.title, from, to: to ?? null } };
    });
  }

  removeNote(id: number, { name }: User): Promise<boolean> {
    return this.administration.record('note-removed', { via: 'console', account: name }, async () => {
      const isRemoved = (await this.history.client.ask({ what: 'remove-note', query: id })) === 'true';
      return { value: isRemoved, result: isRemoved ? 'success' : 'unchanged', details: { incident: id } };
    });
  }
}

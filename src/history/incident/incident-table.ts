/** The incidents of a history's database. */
import type { HistoryDatabase } from '../store/database.ts';
import type { Incident, IncidentFields, IncidentKind, KeptIncident } from './incident.ts';

type Row = [
  id: number,
  kind: IncidentKind,
  subject: string,
  beginUs: number,
  endUs: number | null,
  latestUs: number,
  fields: string,
];
type Statement = import('libsql').Statement<unknown[]>;

const COLUMNS = 'id, kind, subject, begin_us, end_us, latest_us, fields';

export class IncidentTable {
  private readonly findNear: Statement;
  private readonly findBegun: Statement;
  private readonly findOpen: Statement;
  private readonly insertRow: Statement;
  private readonly updateRow: Statement;
  private readonly removeRow: Statement;

  constructor(database: HistoryDatabase) {
    this.findNear = database
      .prepare(
        `SELECT ${COLUMNS} FROM incident
           WHERE place = ? AND kind = ? AND subject = ? AND begin_us <= ? AND latest_us >= ?
         ORDER BY begin_us DESC LIMIT 1`,
      )
      .raw();
    this.findBegun = database
      .prepare(`SELECT ${COLUMNS} FROM incident WHERE place = ? AND kind = ? AND begin_us >= ? AND begin_us < ?`)
      .raw();
    this.findOpen = database.prepare(`SELECT ${COLUMNS} FROM incident WHERE end_us IS NULL AND place = ?`).raw();
    this.insertRow = database.prepare(
      'INSERT INTO incident (place, kind, subject, begin_us, end_us, latest_us, fields) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.updateRow = database.prepare(
      'UPDATE incident SET begin_us = ?, end_us = ?, latest_us = ?, fields = ? WHERE id = ?',
    );
    this.removeRow = database.prepare("DELETE FROM incident WHERE id = ? AND kind = 'note'");
  }

  /** The latest incident of a kind and subject that was seen within `gapUs` of a stretch of time; null for none. */
  near(place: number, kind: IncidentKind, subject: string, fromUs: number, toUs: number, gapUs: number) {
    const [row] = this.findNear.all(place, kind, subject, toUs + gapUs, fromUs - gapUs) as Row[];
    return row === undefined ? null : incidentOf(row);
  }

  /** The incidents of a kind that began in a stretch of time. */
  begun(place: number, kind: IncidentKind, fromUs: number, untilUs: number): KeptIncident[] {
    return (this.findBegun.all(place, kind, fromUs, untilUs) as Row[]).map(incidentOf);
  }

  /** The incidents of a place that last. */
  open(place: number): KeptIncident[] {
    return (this.findOpen.all(place) as Row[]).map(incidentOf);
  }

  insert(place: number, { kind, subject, beginUs, endUs, latestUs, fields }: Incident): number {
    const { lastInsertRowid } = this.insertRow.run(
      place,
      kind,
      subject,
      Math.round(beginUs),
      endUs === null ? null : Math.round(endUs),
      Math.round(latestUs),
      JSON.stringify(fields),
    );
    return Number(lastInsertRowid);
  }

  update({ id, beginUs, endUs, latestUs, fields }: KeptIncident): void {
    this.updateRow.run(
      Math.round(beginUs),
      endUs === null ? null : Math.round(endUs),
      Math.round(latestUs),
      JSON.stringify(fields),
      id,
    );
  }

  /** Removes a note; false if there is none with this number. Detected incidents stay. */
  remove(id: number): boolean {
    return this.removeRow.run(id).changes > 0;
  }
}

function incidentOf([id, kind, subject, beginUs, endUs, latestUs, fields]: Row): KeptIncident {
  return { id, kind, subject, beginUs, endUs, latestUs, fields: JSON.parse(fields) as IncidentFields };
}

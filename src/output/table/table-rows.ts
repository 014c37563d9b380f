/** Appends events as rows of a table to bytes under construction. */
export interface TableRows {
  add(event: object): void;
  /** Appends what ends the table. No row may follow. */
  finish(): void;
}

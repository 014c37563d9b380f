/** What a cell was understood as, or what has to be asked or mended. */
export interface CellReading<Value> {
  /** Null where it was not understood. */
  readonly value: Value | null;
  /** How it was read, where it was not written as the registry writes it. */
  readonly remarks?: readonly string[];
  /** It is taken like this only once a person has said so. */
  readonly questions?: readonly string[];
  /** What to write instead. */
  readonly errors?: readonly string[];
}

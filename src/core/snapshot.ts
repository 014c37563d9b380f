/**
 * A walk over the state of a running engine, which either copies it or puts a copy back. Each class names its state
 * once, in a method `snapshot`, so the two ways cannot differ:
 *
 *     snapshot(walk: Snapshot): void {
 *       walk.part('buckets');
 *       this.count = walk.number(this.count);
 *       this.tokens = walk.column(this.tokens, this.count);
 *     }
 *
 * A copy is made between two batches, in one go, and contains numbers, columns and plain data. It fits only the
 * program that made it.
 */

/** A column of numbers. */
export type Column = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array;

export interface Snapshot {
  /** The walk puts a copy back. */
  readonly isRestoring: boolean;
  /** Another part begins. A copy in which the parts have another order is refused. */
  part(name: string): void;
  /** Any number, also NaN and the infinite ones. */
  number(value: number): number;
  /** Data for JSON. */
  data<Value>(value: Value): Value;
  /**
   * The first `count` elements of a column; all by default. Returns the column itself or, where the copied one was
   * longer or shorter, a new one of the copied length. Elements after `count` are 0.
   */
  column<Some extends Column>(column: Some, count?: number): Some;
  /** The same for a column that keeps its length: one of another length is refused. Elements after `count` stay. */
  fixed(column: Column, count?: number): void;
}

/** What a copy is made of. */
export interface StateCopy {
  readonly parts: readonly string[];
  readonly numbers: readonly number[];
  readonly data: readonly unknown[];
  readonly columns: readonly CopiedColumn[];
}

export interface CopiedColumn {
  /** Elements that the column had, of which the bytes are the first. */
  readonly length: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Copies state. */
export class StateWriter implements Snapshot {
  readonly isRestoring = false;
  private readonly parts: string[] = [];
  private readonly numbers: number[] = [];
  private readonly values: unknown[] = [];
  private readonly columns: CopiedColumn[] = [];

  get copy(): StateCopy {
    return { parts: this.parts, numbers: this.numbers, data: this.values, columns: this.columns };
  }

  part(name: string): void {
    this.parts.push(name);
  }

  number(value: number): number {
    this.numbers.push(value);
    return value;
  }

  data<Value>(value: Value): Value {
    this.values.push(structuredClone(value));
    return value;
  }

  column<Some extends Column>(column: Some, count: number = column.length): Some {
    const { buffer, byteOffset, BYTES_PER_ELEMENT: width, length } = column;
    // A copy of memory that threads share is memory of its own.
    const bytes = new Uint8Array(count * width);
    bytes.set(new Uint8Array(buffer, byteOffset, count * width));
    this.columns.push({ length, bytes });
    return column;
  }

  fixed(column: Column, count?: number): void {
    this.column(column, count);
  }
}

/** Puts a copy back. Throws where it does not fit; the state is then of no use. */
export class StateReader implements Snapshot {
  readonly isRestoring = true;
  private readonly copy: StateCopy;
  private partsRead = 0;
  private numbersRead = 0;
  private valuesRead = 0;
  private columnsRead = 0;

  constructor(copy: StateCopy) {
    this.copy = copy;
  }

  part(name: string): void {
    const found = this.copy.parts[this.partsRead++];
    if (found !== name) throw new RangeError(`it has the part ${String(found)} where ${name} is expected`);
  }

  number(): number {
    const { numbers } = this.copy;
    if (this.numbersRead === numbers.length) throw new RangeError('it has too few numbers');
    return numbers[this.numbersRead++]!;
  }

  data(): never {
    const { data } = this.copy;
    if (this.valuesRead === data.length) throw new RangeError('it has too little data');
    return data[this.valuesRead++] as never;
  }

  column<Some extends Column>(column: Some): Some {
    const { length, bytes } = this.nextColumn();
    const Typed = column.constructor as new (length: number) => Some;
    const target = length === column.length ? column : new Typed(length);
    put(target, bytes);
    return target;
  }

  fixed(column: Column): void {
    const { length, bytes } = this.nextColumn();
    if (length !== column.length) throw new RangeError(`it has a column of ${length}, not of ${column.length}`);
    put(column, bytes);
  }

  /** Throws unless all of the copy was read. */
  end(): void {
    const { parts, numbers, data, columns } = this.copy;
    const isRead =
      this.partsRead === parts.length &&
      this.numbersRead === numbers.length &&
      this.valuesRead === data.length &&
      this.columnsRead === columns.length;
    if (!isRead) throw new RangeError('it has more than is expected');
  }

  private nextColumn(): CopiedColumn {
    const found = this.copy.columns[this.columnsRead++];
    if (found === undefined) throw new RangeError('it has too few columns');
    return found;
  }
}

function put({ buffer, byteOffset, byteLength }: Column, bytes: Uint8Array): void {
  if (bytes.length > byteLength) throw new RangeError('it has a column that is longer than its length');
  new Uint8Array(buffer, byteOffset, byteLength).set(bytes);
}

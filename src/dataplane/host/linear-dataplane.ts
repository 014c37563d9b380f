/** An instance of the compiled dataplane (dataplane/assembly/exports) with memory of its own. */
import { existsSync, readFileSync } from 'node:fs';

/** Exported functions. Addresses are bytes of linear memory, as signed numbers: see `address`. */
export interface DataplaneExports {
  takeBatch(): number;
  openFile(isPcapng: number): void;
  walk(batch: number, capacity: number, at: number, limit: number): number;
  count(): number;
  placeAfter(): number;
  need(): number;
  flaw(): number;
  firstNumber(): number;
  secondNumber(): number;
  goesOnAtEnd(at: number, limit: number): number;
  isBegun(): number;
  cutLength(): number;
  there(): number;
  start(capacity: number, seed: number, hasDomain: number): void;
  begin(): void;
  setPacketsBefore(packets: number): void;
  leaveMemory(spare: number): number;
  dataplaneAt(): number;
  attach(at: number): void;
  takeViews(): number;
  decode(batch: number, count: number, viewsAt: number): void;
  trackDecoded(viewsAt: number, count: number): number;
  copyRows(): number;
  track(batch: number, count: number): number;
  stopAtEvents(isWanted: number): void;
  settle(): void;
  resume(): number;
  finish(): number;
  clockWasSet(byUs: number): void;
  reportAllFlowEnds(isWanted: number): void;
  setQuiet(fromUs: number, untilUs: number): void;
  checkInvariants(): number;
  brokenGuard(): number;
  takeRegion(length: number): number;
  regionsAt(): number;
  regionsTaken(): number;
  nextUsed(at: number, limit: number): number;
  nextUnused(at: number, limit: number): number;
  eventsAt(): number;
  quietTimesAt(): number;
  countQuiet(): number;
  countersAt(): number;
  unreadLinksAt(): number;
  rowsAt(): number;
  detailsAt(): number;
  upperAt(): number;
  activeCount(): number;
  lastSlot(): number;
  evidenceRowAt(row: number): number;
  startWalk(): void;
  walkDecode(batch: number, row: number): number;
  walkFind(): number;
  walkTake(): number;
  walkViewAt(): number;
  walkFragmentAt(): number;
  traceLooks(isWanted: number): void;
  traceCount(): number;
  traceRecordAt(index: number): number;
}

/** Pages of 64 KB at the start, and at most: all that 32-bit addresses reach. */
const INITIAL_PAGES = 64;
const LARGEST_PAGES = 65_536;

/** Beside the bundle; or, where the sources run, where the build puts it. */
const BUNDLED = new URL('./dataplane.wasm', import.meta.url);
const BUILT = new URL('../../../dist/bin/dataplane.wasm', import.meta.url);

let compiled: WebAssembly.Module | undefined;

/** What an instance in another thread needs to share an instance's memory. */
export interface SharedMemory {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Where its own objects begin. */
  readonly heapStart: number;
}

export class LinearDataplane {
  readonly memory: WebAssembly.Memory;
  readonly exports: DataplaneExports;

  /** `shared`: the memory of another instance. */
  constructor(shared: SharedMemory | null = null) {
    const { memory, heapStart } = shared ?? { memory: newMemory(), heapStart: 0 };
    const imports = {
      env: { memory, abort },
      'heap-host': { heapStart: new WebAssembly.Global({ value: 'i32' }, heapStart) },
    };
    const { exports } = new WebAssembly.Instance(shared?.module ?? compiledModule(), imports);
    this.memory = memory;
    this.exports = exports as unknown as DataplaneExports;
  }

  /**
   * For instances in other threads, whose objects begin `spare` bytes beyond what this one has; it has no more
   * afterwards.
   */
  share(spare: number): SharedMemory {
    return { module: compiledModule(), memory: this.memory, heapStart: address(this.exports.leaveMemory(spare)) };
  }
}

function compiledModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(existsSync(BUNDLED) ? BUNDLED : BUILT));
  return compiled;
}

function newMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: LARGEST_PAGES, shared: true });
}

/** An address that an exported function has returned, 0 to 2^32. */
export function address(signed: number): number {
  return signed >>> 0;
}

function abort(): never {
  throw new Error('the dataplane has aborted');
}

/**
 * Checkpoints of a daemon: now and then, and at each change by an operator, the state of all parts is copied between
 * two batches and written by a thread. A restart goes on from the last one: it reads the packets after it again, where
 * the source has them, and the event logs leave out what is on disk already (output/log/written-lines).
 *
 * A checkpoint has the lines that the logs had not written yet, so it never waits for a log. A change that packets do
 * not bring about again, like a reload, holds the logs until a checkpoint with it is on disk: no line of it can be on
 * disk without it. One that cannot be saved is tried again each second. Lines are let out without it only where they
 * would be lost, or where --max-state leaves no room: a kill before the next checkpoint may then double them.
 */
import { StateReader, StateWriter, type Snapshot, type StateCopy } from '../../core/snapshot.ts';
import type { Log } from '../../output/log/log.ts';
import type { LogStates, RunOutputs } from '../outputs.ts';
import type { RunSource } from '../source-run.ts';
import {
  checkpointIdentity,
  type CheckpointPlace,
  findCheckpoint,
  type FoundCheckpoint,
  setCheckpointAside,
} from './checkpoint-files.ts';
import { type CheckpointResult, CheckpointWriter } from './checkpoint-writer.ts';

/** A failure is logged no more often. */
const LOGGED_MS = 60_000;
/** Until a checkpoint that lines wait for is tried again. */
const RETRY_MS = 1000;

export interface CheckpointParts {
  readonly source: RunSource;
  readonly outputs: RunOutputs;
  /** Copies the state of all other parts, or puts a copy back. */
  readonly snapshot: (walk: Snapshot) => void;
  /** Hash of the rules in use. */
  readonly rulesSha256: () => string;
  /** What keeps the rules that are in use now for a restart; it rejects where it cannot. */
  readonly rulesKeeper: () => () => Promise<void>;
  readonly activeFlows: () => number;
  /** Packets and files so far: without more of them there is nothing to save. */
  readonly progress: () => number;
  readonly timeUs: () => number;
  /** Time between two. */
  readonly everyMs: number;
  readonly log: Log;
}

/** Fields that later versions read too. */
interface CheckpointDocument {
  readonly source: unknown;
  readonly logs: LogStates;
  readonly rules: string;
  readonly activeFlows: number;
  /** Packet time, µs since 1970. */
  readonly timeUs: number;
}

/**
 * How a start went on: without a checkpoint, from the last or the one before, or with its positions but without its
 * flows.
 */
export type Restart = 'none' | 'resumed' | 'reserve' | 'clean';

export class RunCheckpoints {
  /** Flows that could not be taken over from a checkpoint. */
  lostFlows = 0;
  restart: Restart = 'none';
  /** Files that could not be used at this start. */
  brokenCount = 0;
  /** Longest time for which packets waited for a copy, seconds. */
  longestCopySeconds = 0;
  /** Changes whose lines were written before a checkpoint had them. */
  unsavedChanges = 0;
  private readonly parts: CheckpointParts;
  private readonly options: CheckpointPlace;
  private readonly writer: CheckpointWriter;
  private document: CheckpointDocument | null = null;
  private engine: StateCopy | null = null;
  private isTaking = false;
  private readonly between: (() => Promise<void>)[] = [];
  private nextMs = Infinity;
  private savedProgress = -1;
  private loggedMs = -Infinity;
  private writing: Promise<void> = Promise.resolve();
  /** Changes that were made, and those of them that need no checkpoint any more. */
  private madeChanges = 0;
  private settledChanges = 0;

  constructor(options: CheckpointPlace, parts: CheckpointParts) {
    this.options = options;
    this.parts = parts;
    this.writer = new CheckpointWriter(options);
  }

  get counts(): Readonly<Record<CheckpointResult, number>> {
    return this.writer.counts;
  }

  /** Checkpoints that could not be saved or, at this start, used. */
  get failureCount(): number {
    return this.counts.failed + this.counts['too-large'] + this.brokenCount + (this.lostFlows > 0 ? 1 : 0);
  }

  /** Size of the last one, and when it was on disk, ms since 1970; 0 before the first. */
  get bytes(): number {
    return this.writer.bytes;
  }

  get savedMs(): number {
    return this.writer.savedMs;
  }

  /** Code of the error of the last one; null if it was saved. */
  get problem(): string | null {
    return this.writer.problem;
  }

  /** Positions of the logs at the checkpoint that this start goes on from; null for none. */
  get logStates(): LogStates | null {
    return this.document?.logs ?? null;
  }

  /**
   * Takes the last checkpoint of the folder, which this process has locked now; `found` before that. Throws if a broken
   * file cannot be set aside.
   */
  load(found: FoundCheckpoint | null): void {
    const { log, rulesSha256 } = this.parts;
    const { folder } = this.options;
    const isSame = found !== null && found.identity === checkpointIdentity(folder);
    const { checkpoint, broken, isReserve } = isSame ? found : findCheckpoint(folder);
    this.brokenCount = broken.length;
    for (const one of broken)
      log.error({ problem: one.problem, set_aside: setCheckpointAside(one) }, 'a checkpoint cannot be used');
    if (checkpoint === null) {
      if (broken.length > 0) log.error('no checkpoint can be used: flows and tunnels of the last run are lost');
      return;
    }
    const document = checkpoint.document as CheckpointDocument;
    this.document = document;
    this.restart = isReserve && broken.length > 0 ? 'reserve' : 'resumed';
    if (this.restart === 'reserve') log.error('the checkpoint before the last is used');
    let problem: string | null = null;
    if (checkpoint.build !== this.options.build)
      problem = `it was made by another program or other sizes: ${checkpoint.build}`;
    else if (document.rules !== rulesSha256()) problem = `it was made under other rules: ${document.rules}`;
    if (problem === null) {
      this.engine = checkpoint.engine;
      return;
    }
    this.restart = 'clean';
    this.lostFlows = document.activeFlows;
    log.error(
      { problem, flows: document.activeFlows },
      'the flows of the last run cannot be taken over: they are lost',
    );
  }

  /** Puts the loaded state back into all parts. Throws where it does not fit. */
  restore(): void {
    const { document, engine } = this;
    if (document === null) return;
    const { source, snapshot, log, activeFlows } = this.parts;
    if (engine !== null) {
      const reader = new StateReader(engine);
      snapshot(reader);
      reader.end();
    }
    this.engine = null;
    source.checkpoint!.resume(document.source, engine !== null);
    log.info({ flows: activeFlows(), restart: this.restart }, 'going on from a checkpoint');
  }

  /**
   * Packet time of the checkpoint from which flows go on, of a source whose packets do not come again. Null where there
   * is none, or no packet before it.
   */
  get gapFromUs(): number | null {
    const { document, restart, parts } = this;
    const hasFlows = document !== null && restart !== 'clean' && document.timeUs > 0;
    return hasFlows && !parts.source.checkpoint!.isRepeated ? document.timeUs : null;
  }

  /** From now on checkpoints are made; the first at once: without one a restart would write all lines again. */
  begin(): Promise<void> {
    this.nextMs = performance.now() + this.parts.everyMs;
    return this.renew();
  }

  /** Takes a batch by `work`; a checkpoint that is due is copied after it. */
  async taking(work: () => Promise<void>): Promise<void> {
    this.isTaking = true;
    try {
      await work();
    } finally {
      this.isTaking = false;
    }
    // A change and its copy are made at once; only its checkpoint is waited for elsewhere.
    for (const change of this.between.splice(0)) void change();
    this.lookAtRoom();
    if (performance.now() >= this.nextMs) this.look();
  }

  /** To be called about once a second: a source may have no packets. */
  tick(): void {
    this.lookAtRoom();
    if (!this.isTaking && performance.now() >= this.nextMs) this.look();
  }

  /** Makes one at the next opportunity. */
  soon(): void {
    if (this.nextMs !== Infinity) this.nextMs = 0;
    this.savedProgress = -1;
  }

  /**
   * Makes a change between two batches. Resolves to what it returns once a checkpoint with it is on disk, or could not
   * be saved. Its lines are written once one is.
   */
  change<T>(work: () => T): Promise<T> {
    const make = async (): Promise<T> => {
      this.parts.outputs.hold();
      this.madeChanges++;
      try {
        return work();
      } finally {
        await this.save();
      }
    };
    if (!this.isTaking) return make();
    return new Promise((resolve, reject) => {
      this.between.push(() => make().then(resolve, reject));
    });
  }

  /** Makes one now. Resolves once it is on disk, or could not be saved. */
  renew(): Promise<void> {
    return this.change(() => undefined);
  }

  /** Before the logs are closed: lines that wait for a checkpoint get one, so that the next start finds them. */
  async settle(): Promise<void> {
    this.nextMs = Infinity;
    await this.writing;
    if (this.heldChanges === 0) return;
    const { madeChanges } = this;
    const problem = await this.saveNow();
    if (problem === null) this.noteChanges(null, madeChanges);
    else this.letOut(problem);
  }

  /** Makes the last one, and waits for the disk. Nothing may be under way. */
  async end(): Promise<void> {
    this.nextMs = Infinity;
    await this.writing;
    await this.saveNow();
    await this.writer.close();
  }

  private async saveNow(): Promise<string | null> {
    const document = this.documentNow();
    const problem = await this.writer.writeNow(document, this.copy(), this.parts.rulesKeeper());
    await this.note(problem, document);
    return problem;
  }

  private look(): void {
    if (this.writer.isWriting) return;
    this.nextMs = performance.now() + this.parts.everyMs;
    if (this.parts.progress() !== this.savedProgress) void this.save();
  }

  /** Copies the state now, and has it written after the one under way. Resolves when it is on disk, or could not be. */
  private save(): Promise<void> {
    const document = this.documentNow();
    const engine = this.copy();
    const { madeChanges } = this;
    const keepRules = this.parts.rulesKeeper();
    this.savedProgress = this.parts.progress();
    this.writing = this.writing
      .then(() => this.writer.write(document, engine, keepRules))
      .then((problem) => {
        void this.note(problem, document);
        this.noteChanges(problem, madeChanges);
      });
    return this.writing;
  }

  /** Changes whose lines wait for a checkpoint. */
  private get heldChanges(): number {
    return this.madeChanges - this.settledChanges;
  }

  /** Writes the lines of changes that are in a checkpoint now; or has them wait for the next one. */
  private noteChanges(problem: string | null, madeChanges: number): void {
    if (this.heldChanges === 0) return;
    if (problem === null) {
      this.settledChanges = Math.max(this.settledChanges, madeChanges);
      if (this.heldChanges === 0) this.parts.outputs.release();
    } else if (this.writer.problem === 'too-large') this.letOut(problem);
    else if (this.nextMs !== Infinity) {
      this.nextMs = Math.min(this.nextMs, performance.now() + RETRY_MS);
      this.savedProgress = -1;
    }
  }

  /** Writes lines without a checkpoint where they would be lost; a source whose packets come again can wait instead. */
  private lookAtRoom(): void {
    const { outputs, source } = this.parts;
    if (this.heldChanges === 0 || !outputs.isFilling) return;
    if (!outputs.areWaitedFor || !source.checkpoint!.isRepeated) this.letOut('the logs have no more room');
  }

  private letOut(problem: string): void {
    const { log, outputs } = this.parts;
    const changes = this.heldChanges;
    this.unsavedChanges += changes;
    this.settledChanges = this.madeChanges;
    log.error({ problem, changes }, 'the events of a change are written without a checkpoint: a kill may double them');
    outputs.release();
  }

  private copy(): StateCopy {
    const since = performance.now();
    const writer = new StateWriter();
    this.parts.snapshot(writer);
    this.longestCopySeconds = Math.max(this.longestCopySeconds, (performance.now() - since) / 1000);
    return writer.copy;
  }

  private documentNow(): CheckpointDocument {
    const { source, outputs, rulesSha256, activeFlows, timeUs } = this.parts;
    return {
      source: structuredClone(source.checkpoint!.state),
      logs: outputs.states,
      rules: rulesSha256(),
      activeFlows: activeFlows(),
      timeUs: timeUs(),
    };
  }

  /** Resolves once the files that no restart needs any more are removed. */
  private async note(problem: string | null, document: CheckpointDocument): Promise<void> {
    if (problem === null) {
      const { source, outputs } = this.parts;
      await Promise.all([source.checkpoint!.saved(document.source), outputs.saved(document.logs)]);
      return;
    }
    if (performance.now() - this.loggedMs < LOGGED_MS) return;
    this.loggedMs = performance.now();
    this.parts.log.error({ problem }, 'a checkpoint could not be saved: a restart goes on from the one before');
  }
}

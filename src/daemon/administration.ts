/**
 * The actions of an operator on a running daemon, and their record: each is an event and a log entry with operator,
 * time, action, and the hash of the rules before and after. Actions come from the control socket, from the console or
 * from signals.
 */
import * as z from 'zod/mini';
import { parseInstant } from '../core/iso-time.ts';
import { type Operator, actionLine } from '../output/event/daemon-event-line.ts';
import type { CodedProblem } from '../core/coded-problem.ts';
import { placeless, problemLine, type RulesProblem, rulesProblem } from '../rules/rules-problem.ts';
import type { Peer } from './control-socket.ts';
import type { Log } from '../output/log/log.ts';
import type { Confirmed } from './rule-changes.ts';
import type { Reloaded } from './reload.ts';
import type { ShadowChange, ShadowStatus } from './shadow.ts';
import type { ShadowFiles } from './shadow-rules.ts';

/** The parts of the daemon that an operator can act on. */
export interface Administered {
  readonly timeUs: number;
  /** Hash of the rules in use. */
  readonly rulesSha256: string;
  status(): object;
  /** Loads the rules again, and the files of the shadow: null without one. */
  reload(reason: string): Promise<Reloaded & { readonly shadow: ShadowChange | null }>;
  /** What is known of the shadow; null without one. `isAsked`: the last hour is evaluated now. */
  shadowStatus(isAsked: boolean): ShadowStatus | null;
  /** Reads the files of the shadow again; null without one. */
  rereadShadow(): Promise<ShadowChange | null>;
  /** Begins a shadow by files; ends it with null. */
  setShadow(files: ShadowFiles | null): Promise<ShadowChange>;
  confirm(sha256: string, dateUs: number | null): Promise<Confirmed>;
  /** False if the breaker was closed. */
  resetBreaker(): Promise<boolean>;
  /** Sets the counts of registered hits to 0; returns the counts before. */
  clearHarm(reason: string): Promise<object>;
  /** Deletes the data kept about clients; returns the amounts. */
  forget(): Promise<object>;
  /** Copies the history to a new file. Rejects with a reason for the operator. */
  backUp(file: string): Promise<void>;
  /** Writes an event line. */
  notice(line: string): void;
}

const LONGEST_REASON = 500;
/** Printable characters, not only spaces. */
const PRINTABLE = /^(?!\p{Zs}*$)[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u;

/** The daemon's working folder is not the operator's. */
const pathSchema = z
  .string()
  .check(z.maxLength(4096), z.regex(/^\/[^\0]*$/, { error: 'must be a path that begins with /' }));

const sudo = { sudo_uid: z.optional(z.unknown()) };
const requestSchema = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('status'), ...sudo }),
  z.strictObject({ command: z.literal('reload'), ...sudo }),
  z.strictObject({
    command: z.literal('confirm'),
    sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/, { error: 'must be the 64 hexadecimal digits of a hash' })),
    date: z.optional(
      z
        .string()
        .check(z.refine((text) => !Number.isNaN(parseInstant(text)), { error: 'must be a time with its zone' })),
    ),
    ...sudo,
  }),
  z.strictObject({ command: z.literal('reset'), ...sudo }),
  z.strictObject({
    command: z.literal('clear-harm'),
    reason: z
      .string()
      .check(
        z.maxLength(LONGEST_REASON, { error: `must have ${LONGEST_REASON} characters at most` }),
        z.regex(PRINTABLE, { error: 'must be a text' }),
      ),
    ...sudo,
  }),
  z.strictObject({ command: z.literal('forget'), ...sudo }),
  z.strictObject({ command: z.literal('backup'), file: pathSchema, ...sudo }),
  z.strictObject({ command: z.literal('shadow'), ...sudo }),
  z.strictObject({ command: z.literal('shadow-off'), ...sudo }),
  z.strictObject({ command: z.literal('shadow-read'), ...sudo }),
  z.strictObject({
    command: z.literal('shadow-on'),
    policy: pathSchema,
    registry: z.optional(pathSchema),
    ...sudo,
  }),
]);
export type AdministrationRequest = z.infer<typeof requestSchema>;

/** An answer, with its problems as the console has them. */
export type Answered = Readonly<Record<string, unknown>> & {
  readonly ok: boolean;
  readonly result?: string;
  readonly problem?: CodedProblem;
  readonly problems?: readonly RulesProblem[];
  readonly shadow?: ShadowStatus | ShadowChange | null;
};

/** An answer on the control socket. */
export type ControlAnswer = Readonly<Record<string, unknown>> & { readonly ok: boolean };

export class RunAdministration {
  private readonly daemon: Administered;
  private readonly log: Log;

  constructor(daemon: Administered, log: Log) {
    this.daemon = daemon;
    this.log = log;
  }

  /** Answers a request from the control socket, whose problems are lines. */
  async answer(request: unknown, { uid, sudoUid }: Peer): Promise<ControlAnswer> {
    const who: Operator = { via: 'socket', uid, ...(sudoUid !== null && { sudo_uid: sudoUid }) };
    const answer = await this.request(request, who);
    const { problem, problems, shadow } = answer;
    return {
      ...answer,
      ...(problems !== undefined && { problems: problems.map(problemLine) }),
      ...(problem !== undefined && { problem: problem.problem }),
      ...(shadow !== undefined && { shadow: withLines(shadow) }),
    };
  }

  reload(who: Operator): ReturnType<Administered['reload']> {
    return this.record('reload', who, async () => {
      const reloaded = await this.daemon.reload(`asked by ${who.via}`);
      const { result, verdict, shadow } = reloaded;
      const details = {
        ...(verdict !== null && { candidate: verdict.sha256 }),
        ...(shadow !== null && { shadow: shadow.result }),
      };
      return { value: reloaded, result, details };
    });
  }

  reset(who: Operator): Promise<boolean> {
    return this.record('reset', who, async () => {
      const wasTripped = await this.daemon.resetBreaker();
      return { value: wasTripped, result: wasTripped ? 'success' : 'unchanged', details: {} };
    });
  }

  /** Checks a request from any side, performs it, and records it if it is an action. */
  async request(request: unknown, who: Operator): Promise<Answered> {
    const parsed = requestSchema.safeParse(request);
    if (parsed.success) return this.perform(parsed.data, who);
    const [{ path, message }] = parsed.error.issues as [z.core.$ZodIssue];
    return { ok: false, problem: rulesProblem('request-wrong', `${path.join('.') || 'request'}: ${message}`) };
  }

  private async perform(request: AdministrationRequest, who: Operator): Promise<Answered> {
    switch (request.command) {
      case 'status':
        return { ok: true, ...this.daemon.status() };
      case 'reload': {
        const { result, problems, verdict, shadow } = await this.reload(who);
        const isDone = result === 'success' || result === 'unchanged';
        const sha256 = verdict !== null && { sha256: verdict.sha256 };
        return { ok: isDone && shadow?.result !== 'failure', result, problems, ...sha256, ...(shadow && { shadow }) };
      }
      case 'confirm':
        return this.confirm(request.sha256, request.date, who);
      case 'reset':
        return { ok: true, reset: await this.reset(who) };
      case 'clear-harm': {
        const { reason } = request;
        const before = await this.record('clear-harm', who, async () => {
          const counts = await this.daemon.clearHarm(reason);
          return { value: counts, result: 'success', details: { reason, harm_before: counts } };
        });
        return { ok: true, before };
      }
      case 'forget': {
        const forgotten = await this.record('forget', who, async () => {
          const counts = await this.daemon.forget();
          return { value: counts, result: 'success', details: { forgotten: counts } };
        });
        return { ok: true, ...forgotten };
      }
      case 'backup':
        return this.backUp(request.file, who);
      case 'shadow':
        return { ok: true, shadow: this.daemon.shadowStatus(true) };
      case 'shadow-off':
        return this.changeShadow('shadow-off', { files: null }, () => this.daemon.setShadow(null), who);
      case 'shadow-on': {
        const files = { policy: request.policy, registry: request.registry ?? null };
        return this.changeShadow('shadow-on', { files }, () => this.daemon.setShadow(files), who);
      }
      case 'shadow-read': {
        const read = async (): Promise<ShadowChange> => (await this.daemon.rereadShadow()) ?? NO_SHADOW;
        return this.changeShadow('shadow-read', {}, read, who);
      }
    }
  }

  private async changeShadow(
    what: string,
    named: { readonly files?: ShadowFiles | null },
    change: () => Promise<ShadowChange>,
    who: Operator,
  ): Promise<Answered> {
    const { result, problems } = await this.record(what, who, async () => {
      const before = this.daemon.shadowStatus(false);
      const value = await change();
      const after = this.daemon.shadowStatus(false);
      const details = { ...named, shadow_before: hashesOf(before), shadow_after: hashesOf(after) };
      return { value, result: value.result, details };
    });
    return { ok: result !== 'failure', result, problems, shadow: this.daemon.shadowStatus(false) };
  }

  private async backUp(file: string, who: Operator): Promise<Answered> {
    const problem = await this.record('backup', who, async () => {
      const reason = await this.daemon.backUp(file).then(
        () => null,
        (error: unknown) => (error as Error).message,
      );
      return { value: reason, result: reason === null ? 'success' : 'failure', details: { file } };
    });
    return problem === null ? { ok: true, file } : { ok: false, problem: rulesProblem('request-wrong', problem) };
  }

  private async confirm(sha256: string, date: string | undefined, who: Operator): Promise<Answered> {
    const { confirmed, result, reason } = await this.record('confirm', who, async () => {
      const value = await this.daemon.confirm(sha256, date === undefined ? null : parseInstant(date));
      const details = { confirmed: sha256, ...(date !== undefined && { date }) };
      return { value, result: value.confirmed ? (value.result ?? 'success') : 'refused', details };
    });
    const isDone = confirmed && (result === null || result === 'success' || result === 'unchanged');
    return { ok: isDone, confirmed, ...(result !== null && { result }), ...(reason !== null && { problem: reason }) };
  }

  /** Performs the action, and records it with the hashes before and after. */
  async record<T>(what: string, who: Operator, work: () => Done<T> | Promise<Done<T>>): Promise<T> {
    const { daemon, log } = this;
    const before = daemon.rulesSha256;
    const at = new Date().toISOString();
    let done: Done<T> | null = null;
    try {
      done = await work();
      return done.value;
    } finally {
      const { result, details } = done ?? { result: 'failure', details: {} };
      const action = { what, who, at, result, rules_before: before, rules_after: daemon.rulesSha256, ...details };
      daemon.notice(actionLine(daemon.timeUs, action));
      log.info({ action }, 'an action of an operator');
    }
  }
}

export interface Done<T> {
  readonly value: T;
  readonly result: string;
  readonly details: Readonly<Record<string, unknown>>;
}

const NO_SHADOW: ShadowChange = { result: 'failure', problems: [placeless(rulesProblem('no-draft-to-read'))] };

function withLines(shadow: ShadowStatus | ShadowChange | null): object | null {
  return shadow !== null && 'problems' in shadow ? { ...shadow, problems: shadow.problems.map(problemLine) } : shadow;
}

/** The hashes of a shadow's policy and registry, for the record. */
function hashesOf(shadow: ShadowStatus | null): object | null {
  return shadow === null ? null : { policy: shadow.policy.sha256, registry: shadow.registry.sha256 };
}

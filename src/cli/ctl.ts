/** `sluice ctl`: sends a request to a running daemon over its control socket, and prints the result. */
import { join } from 'node:path';
import { askDaemon, ControlError } from '../daemon/control-client.ts';
import { CONTROL_NAME } from './control-flags.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import type { ShadowFigures } from '../output/event/shadow-event-line.ts';
import { onlyState } from './only-state.ts';

export interface CtlFlags {
  readonly state?: string;
  readonly control?: string;
  readonly json?: boolean;
}

interface Answer {
  readonly ok: boolean;
  readonly problem?: string;
  readonly result?: string;
  readonly problems?: readonly string[];
  readonly sha256?: string;
  /** What is known of the shadow, null without one; after a reload the result for it. */
  readonly shadow?: Readonly<Record<string, unknown>> | null;
  readonly [more: string]: unknown;
}

export async function ctl(request: Readonly<Record<string, unknown>>, flags: CtlFlags): Promise<ExitCode> {
  const answer = await ask(request, flags);
  if (flags.json === true) process.stdout.write(`${JSON.stringify(answer)}\n`);
  else for (const line of linesOf(String(request.command), answer)) process.stdout.write(`${line}\n`);
  if (answer.ok) return ExitCode.DONE;
  if (answer.problem !== undefined) process.stderr.write(`sluice: ${answer.problem}\n`);
  const results = [answer.result, answer.shadow?.result];
  return results.includes('failure') || results.includes('refused') ? ExitCode.INVALID_RULES : ExitCode.FAILED;
}

async function ask(request: Readonly<Record<string, unknown>>, flags: CtlFlags): Promise<Answer> {
  const path = flags.control ?? join(flags.state ?? onlyState(), CONTROL_NAME);
  try {
    const answer = await askDaemon(path, request);
    if (typeof (answer as Answer | null)?.ok !== 'boolean') throw new ControlError(`${path}: the answer is invalid`);
    return answer as Answer;
  } catch (error) {
    if (error instanceof ControlError) throw new CommandError(error.message, ExitCode.FAILED);
    throw error;
  }
}

/** An answer as lines of text. */
function linesOf(command: string, answer: Answer): readonly string[] {
  const { ok, result, problems, sha256, problem, shadow, ...more } = answer;
  if (problem !== undefined && result === undefined) return [];
  if (command.startsWith('shadow')) return shadowLines(answer);
  if (command !== 'reload' && command !== 'confirm')
    return flatLines({ ...more, ...(shadow !== undefined && { shadow }) });
  const lines = [`${command}: ${result ?? (ok ? 'done' : 'not done')}`, ...(problems ?? [])];
  if (command === 'reload' && shadow)
    lines.push(`shadow: ${valueText(shadow.result)}`, ...(shadow.problems as string[]));
  if (result === 'refused' && sha256 !== undefined) lines.push(`to let it act: sluice ctl confirm ${sha256}`);
  return lines;
}

/** The result of a change of the shadow, if one was asked for, and what the shadow would do. */
function shadowLines({ result, problems, shadow }: Answer): string[] {
  const change = result === undefined ? [] : [`shadow: ${result}`, ...(problems ?? [])];
  if (shadow === null || shadow === undefined) return [...change, 'there is no shadow'];
  return [...change, shadowSentence(shadow as unknown as ShadowFigures), ...flatLines(shadow)];
}

function shadowSentence({ policy, since, since_began: counts, would_trip: trips }: ShadowFigures): string {
  const trip = trips.length === 0 ? 'its breaker would not have tripped' : 'its breaker would have tripped';
  return (
    `Registered users newly hit by ${policy.name} since ${since}: ${counts.registered_hit}, and ` +
    `${counts.deregistered} who lose their registration. Clients newly hit: ${counts.newly_hit}; no ` +
    `longer hit: ${counts.no_longer_hit}; ${trip}.`
  );
}

/** `a.b: value` for each value that is not an object. */
function flatLines(value: Readonly<Record<string, unknown>>, prefix = ''): string[] {
  return Object.entries(value).flatMap(([name, part]) => {
    const path = prefix + name;
    if (typeof part === 'object' && part !== null && !Array.isArray(part))
      return flatLines(part as Readonly<Record<string, unknown>>, `${path}.`);
    return [`${path}: ${valueText(part)}`];
  });
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(valueText).join('; ');
  if (value === null || value === undefined) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

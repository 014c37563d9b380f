/** `sluice verify`: says whether logs are whole and unedited. */
import { existsSync } from 'node:fs';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { counted, number } from '../core/count-text.ts';
import { CHAIN_SUFFIX } from '../output/log/chain/chain-file.ts';
import { type ChainReport, verifyLog } from '../output/log/chain/verify-chain.ts';
import { KeyFileError, type PublicKey, readPublicKeys } from '../rules/signing-key.ts';

export interface VerifyLogFlags {
  readonly logKeys: readonly string[];
  readonly head?: readonly string[];
  readonly json?: boolean;
}

export async function verify(logs: readonly string[], flags: VerifyLogFlags): Promise<ExitCode> {
  const keys = keysIn(flags.logKeys);
  const heads = flags.head ?? [];
  for (const head of heads)
    if (!/^[0-9a-f]{64}$/.test(head))
      throw new CommandError(`--head ${head}: it must be the 64 hexadecimal digits of a hash`, ExitCode.WRONG_USAGE);
  if (heads.length > 0 && logs.length > 1)
    throw new CommandError('--head belongs to one log: verify them one by one', ExitCode.WRONG_USAGE);
  let exitCode: ExitCode = ExitCode.DONE;
  for (const log of logs) {
    if (!existsSync(log + CHAIN_SUFFIX))
      throw new CommandError(
        `${log} has no chain (${log}${CHAIN_SUFFIX}): sluice run --log-key keeps one`,
        ExitCode.WRONG_USAGE,
      );
    const report = await readable(log, () => verifyLog(log, keys, heads));
    process.stdout.write(flags.json === true ? `${JSON.stringify(report)}\n` : reportText(report, heads.length > 0));
    if (report.problems.length > 0) exitCode = ExitCode.FAILED;
  }
  return exitCode;
}

function reportText(report: ChainReport, hasHeads: boolean): string {
  const { log, problems, unproven } = report;
  const lines = [
    ...problems.map(({ what, file, where }) => `${what}: ${file}: ${where}`),
    `${log}: ${verdictText(report, hasHeads)}`,
    `${log}: ${keptText(report)}`,
    ...unproven.map(({ file, bytes }) => `unproven: ${file}: ${counted(bytes, 'byte')} after the last entry`),
    ...(report.head === '' ? [] : [`head: ${report.head}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function verdictText({ problems, entries, anchored, until, anchoredUntil }: ChainReport, hasHeads: boolean): string {
  if (problems.length > 0) return `${counted(problems.length, 'problem')}: not complete and unchanged`;
  if (entries === 0) return 'the chain has no entry yet: all is unproven';
  if (!hasHeads)
    return `complete and unchanged up to its last entry, ${until}; without --head a cut end would not be noticed`;
  const rest = entries - anchored;
  const anchor = `complete and unchanged up to the anchored head, ${anchoredUntil}`;
  return rest === 0 ? anchor : `${anchor}; ${rest} later ${rest === 1 ? 'entry' : 'entries'} unchanged, and unproven`;
}

function keptText({ segments, lines, expired, actions }: ChainReport): string {
  const parts = [
    `${counted(segments, 'segment')} with ${counted(lines, 'line')}`,
    `${number(expired)} expired`,
    counted(actions, 'action'),
  ];
  return parts.join(', ');
}

function keysIn(files: readonly string[]): readonly PublicKey[] {
  try {
    return files.flatMap(readPublicKeys);
  } catch (error) {
    if (error instanceof KeyFileError) throw new CommandError(error.message, ExitCode.WRONG_USAGE);
    throw error;
  }
}

async function readable<T>(log: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new CommandError(`cannot verify ${log}: ${(error as Error).message}`, ExitCode.FAILED);
  }
}

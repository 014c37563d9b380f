/** `sluice verify`: says whether logs are whole and unedited. */
import { existsSync } from 'node:fs';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { counted, number } from '../core/count-text.ts';
import { type ChainSensor, parseEntry } from '../output/log/chain/chain-entry.ts';
import { CHAIN_SUFFIX, chainLines } from '../output/log/chain/chain-file.ts';
import { type ChainReport, verifyLog } from '../output/log/chain/verify-chain.ts';
import type { FleetAddress } from '../fleet/fleet-link.ts';
import { addressOf, type NatsFlags } from './nats-flags.ts';
import { isOriginName } from './origin-flags.ts';
import { KeyFileError, type PublicKey, readPublicKeys } from '../rules/signing-key.ts';

export interface VerifyLogFlags extends NatsFlags {
  readonly logKeys: readonly string[];
  readonly head?: readonly string[];
  /** ISP/SITE */
  readonly sensor?: string;
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
  const address = addressOf(flags);
  if (flags.sensor !== undefined && address === null)
    throw new CommandError('--sensor needs --nats URL', ExitCode.WRONG_USAGE);
  const named = flags.sensor === undefined ? null : sensorOf(flags.sensor);
  let exitCode: ExitCode = ExitCode.DONE;
  for (const log of logs) {
    if (!existsSync(log + CHAIN_SUFFIX))
      throw new CommandError(
        `${log} has no chain (${log}${CHAIN_SUFFIX}): sluice run --log-key keeps one`,
        ExitCode.WRONG_USAGE,
      );
    const report = await readable(log, async () => {
      const anchored = address === null ? [] : await anchoredHeads(log, named, address);
      return verifyLog(log, keys, [...heads, ...anchored]);
    });
    const hasHeads = heads.length > 0 || address !== null;
    process.stdout.write(flags.json === true ? `${JSON.stringify(report)}\n` : reportText(report, hasHeads));
    if (report.problems.length > 0) exitCode = ExitCode.FAILED;
  }
  return exitCode;
}

/** The heads that the sensor of a log has anchored. Rejects where it has none: then nothing would be proven. */
async function anchoredHeads(
  log: string,
  named: ChainSensor | null,
  address: FleetAddress,
): Promise<readonly string[]> {
  const { isp, site } = named ?? (await chainSensor(log + CHAIN_SUFFIX));
  if (isp === undefined || site === undefined)
    throw new Error('its chain names no sensor: name it with --sensor ISP/SITE');
  const { readAnchoredHeads } = await import('../fleet/anchored-heads.ts');
  const { heads, messages } = await readAnchoredHeads(address, isp, site);
  if (messages === 0) throw new Error(`the stream has nothing of ${isp}/${site}; --sensor ISP/SITE names another`);
  if (heads.length === 0) throw new Error(`${isp}/${site} has anchored no head in the stream yet`);
  return heads;
}

/** The sensor of a chain's first entry. */
async function chainSensor(path: string): Promise<ChainSensor> {
  for await (const line of chainLines(path)) return parseEntry(line)?.sensor ?? {};
  return {};
}

function sensorOf(text: string): ChainSensor {
  const [isp, site, ...rest] = text.split('/');
  if (isp === undefined || site === undefined || rest.length > 0 || !isOriginName(isp) || !isOriginName(site))
    throw new CommandError(`--sensor ${text}: write it as ISP/SITE, like example/lahore-1`, ExitCode.WRONG_USAGE);
  return { isp, site };
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
    return (
      `complete and unchanged up to its last entry, ${until}; ` +
      'without --head or --nats a cut end would not be noticed'
    );
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

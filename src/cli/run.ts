/**
 * `sluice run`: the daemon on a mirror port, a spool folder or a pipe.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { CAPTURE_WITH, type CaptureWith } from '../capture/live-backend.ts';
import type { LiveOptions } from '../capture/live-source.ts';
import { DEFAULT_FLOW_CAPACITY } from '../engine/pipeline.ts';
import { metricsPage } from '../output/metrics.ts';
import { ON_FULL, type OnFull } from '../output/rotating-lines.ts';
import { MODE_NAMES, type Mode } from '../policy/policy.ts';
import type { ListenAddress } from '../server/http-server.ts';
import { flushLog, type Log, LOG_LEVELS, type LogLevel, openLog } from '../server/log.ts';
import { addressesOption, type AddressFlags, addressForm, addressKeyOption } from './address-flags.ts';
import { CommandError, ExitCode } from './exit-code.ts';
import { policyOption, registryOption } from './load-rules.ts';
import { Daemon, type DaemonOptions } from './run-daemon.ts';
import { duration, listenAddress, size, tokenIn } from './run-flags.ts';
import { RunInterface } from './run-interface.ts';
import { RunPipe } from './run-pipe.ts';
import { readRules, type RulesFiles } from './run-rules.ts';
import { RunSpool } from './run-spool.ts';
import { wholeNumber } from './whole-number.ts';

interface RunFlags extends AddressFlags {
  readonly interface?: string;
  readonly captureWith: CaptureWith;
  readonly snaplen: number;
  readonly kernelBuffer: number;
  readonly stuckAfter: number;
  readonly spool?: string;
  readonly settle: number;
  readonly removeDone?: boolean;
  readonly policy: string;
  readonly registry: string;
  readonly mode?: Mode;
  readonly watch?: boolean;
  readonly decisions?: string;
  readonly flows?: string;
  readonly onFull: OnFull;
  readonly rotateSize: number;
  readonly rotateEvery: number;
  readonly rotateKeep: number;
  readonly statsEvery: number;
  readonly listen: ListenAddress | null;
  readonly tokenFile?: string;
  readonly state?: string;
  readonly maxFlows: number;
  readonly logLevel: LogLevel;
  readonly metricsTable?: boolean;
}

const DEFAULT_LISTEN = '127.0.0.1:9464';
/** A whole Ethernet frame fits. The kernel keeps room of this size for each packet that waits, two to a page. */
const DEFAULT_SNAPLEN = 1920;
const DEFAULT_KERNEL_BUFFER = 128_000_000;
const LARGEST_CAPACITY = 10_000_000;
const LARGEST_KEPT = 100_000;
/** A stop that takes longer than this is ended by force. */
const STOP_LIMIT_MS = 4800;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const EXAMPLES = `
Examples:
  sudo sluice run --interface eth0 udp or tcp or esp         a mirror port, of which only these are looked at
  tcpdump -i lo -w - -U | sluice run - --decisions -         what another program captures
  sluice run --spool /var/spool/captures --decisions decisions.jsonl --state /var/lib/sluice
                                                             files that another program rotates into a folder
  curl -s localhost:9464/metrics                             what it counts
  curl -s -X POST localhost:9464/-/reload                    new rules, like kill -HUP

While it runs:
  SIGHUP reloads policy and registry; SIGUSR1 opens the event logs anew; SIGTERM and SIGINT stop it: what has been read is
  processed, flows are ended, logs written, within 5 seconds. A bad policy or registry leaves the old ones in use.
  /healthz says that it lives, /readyz that packets can come, /metrics everything else.

Exit codes: 0 the source has ended, or it was stopped; 1 failed; 2 wrong usage; 3 policy or registry invalid at the start;
4 the pipe broke off within a packet.`;

export function addRunCommand(program: Command): void {
  program
    .command('run')
    .summary('run as a daemon on a mirror port, a spool folder or a pipe')
    .description(
      'Runs for as long as packets come: decides flows as they appear, writes events, serves metrics and health over HTTP, takes new rules without a restart, and stops enforcing by itself when too many clients would be hit.',
    )
    .argument('[source...]', '- for standard input; after --interface an expression of pcap-filter(7)')
    .option('--interface <name>', 'capture on an interface, by a process of its own that alone needs the right to')
    .addOption(
      new Option('--capture-with <program>', 'what captures; auto prefers tcpdump')
        .choices(CAPTURE_WITH)
        .default('auto'),
    )
    .option('--snaplen <n>', 'octets captured of a packet', wholeNumber(64, 262_144), DEFAULT_SNAPLEN)
    .addOption(
      new Option('--kernel-buffer <size>', 'what the kernel may hold for a capture that is behind')
        .argParser(size)
        .default(DEFAULT_KERNEL_BUFFER, '128MB'),
    )
    .addOption(
      new Option(
        '--stuck-after <time>',
        'start the capture anew when it gives nothing for so long although the interface counts',
      )
        .argParser(duration)
        .default(30_000, '30s'),
    )
    .option('--spool <folder>', 'process the capture files that appear in a folder, each once')
    .addOption(
      new Option('--settle <time>', 'a file of the spool is complete when it has not changed for so long')
        .argParser(duration)
        .default(5000, '5s'),
    )
    .option('--remove-done', 'remove files of the spool that are done')
    .addOption(policyOption())
    .addOption(registryOption())
    .addOption(new Option('--mode <mode>', "instead of the policy's mode").choices(MODE_NAMES))
    .option('--watch', 'reload policy and registry when their files change')
    .option('--decisions <file>', 'write decisions, reloads, breaker and stats as JSON lines; - is standard output')
    .option('--flows <file>', 'write a JSON line for every flow at its end; may be the same file')
    .addOption(addressesOption())
    .addOption(addressKeyOption())
    .addOption(
      new Option(
        '--on-full <what>',
        'when a log cannot keep up: drop lines, or wait and let packets be lost; both are counted',
      )
        .choices(ON_FULL)
        .default('drop'),
    )
    .addOption(
      new Option('--rotate-size <size>', 'move event logs aside from this size on')
        .argParser(size)
        .default(Infinity, 'never'),
    )
    .addOption(
      new Option('--rotate-every <time>', 'move event logs aside after so long')
        .argParser(duration)
        .default(Infinity, 'never'),
    )
    .option('--rotate-keep <n>', 'how many of those are kept', wholeNumber(0, LARGEST_KEPT), 10)
    .addOption(
      new Option('--stats-every <time>', 'write a stats event so often').argParser(duration).default(60_000, '1m'),
    )
    .addOption(
      new Option('--listen <address>', 'where HTTP is served; none for nowhere')
        .argParser(listenAddress)
        .default(listenAddress(DEFAULT_LISTEN), '127.0.0.1:9464'),
    )
    .option('--token-file <file>', 'a token that lets other machines reload and reset')
    .option(
      '--state <folder>',
      'where checkpoint and breaker survive a restart (default: none; for a spool a hidden folder in it)',
    )
    .option('--max-flows <n>', 'flows followed at a time', wholeNumber(1, LARGEST_CAPACITY), DEFAULT_FLOW_CAPACITY)
    .addOption(new Option('--log-level <level>', 'what is logged to stderr').choices(LOG_LEVELS).default('info'))
    .option('--metrics-table', 'print every metric as a page of Markdown, and nothing else')
    .addHelpText('after', EXAMPLES)
    .action(async (source: string[], flags: RunFlags) => {
      if (flags.metricsTable === true) process.stdout.write(metricsPage());
      else process.exitCode = await run(source, flags);
    });
}

async function run(source: readonly string[], flags: RunFlags): Promise<ExitCode> {
  checkSource(source, flags);
  const log = openLog(flags.logLevel);
  const rulesFiles: RulesFiles = { policy: flags.policy, registry: flags.registry, mode: flags.mode };
  const { rules, problems, registryChangedMs } = await readRules(rulesFiles);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (rules === null) throw new CommandError('policy or registry is not valid', ExitCode.INVALID_RULES);
  const options: DaemonOptions = {
    version: versionOf(),
    rules,
    rulesFiles,
    registryChangedMs,
    flowCapacity: flags.maxFlows,
    outputs: {
      decisions: flags.decisions,
      flows: flags.flows,
      onFull: flags.onFull,
      rotation: { octets: flags.rotateSize, ageMs: flags.rotateEvery, kept: flags.rotateKeep },
    },
    show: addressForm(flags),
    listen: flags.listen,
    token: tokenIn(flags.tokenFile),
    watch: flags.watch === true,
    stateFolder: stateFolder(flags),
    statsMs: Number.isFinite(flags.statsEvery) ? flags.statsEvery : 0,
    makeSource: (outputs, files) =>
      flags.interface !== undefined
        ? new RunInterface(flags.captureWith, liveOptions(flags.interface, source, flags), files, log)
        : flags.spool === undefined
          ? new RunPipe(files)
          : new RunSpool(
              {
                folder: flags.spool,
                stateFolder: stateFolder(flags)!,
                settleMs: flags.settle,
                removesDone: flags.removeDone === true,
              },
              outputs,
              files,
              log,
            ),
  };
  const daemon = await Daemon.open(options, log);
  takeSignals(daemon, log);
  await daemon.start();
  const exitCode = await daemon.run();
  await flushLog(log, 500);
  // Standard input and output may still be held by a peer that does not answer.
  process.exit(exitCode);
}

/** One source, and it must be said which. */
function checkSource(source: readonly string[], flags: RunFlags): void {
  const isPipe = source.length === 1 && source[0] === '-';
  const named = [flags.interface !== undefined, flags.spool !== undefined, isPipe].filter(Boolean).length;
  const isClean = flags.interface !== undefined || isPipe || source.length === 0;
  if (named === 1 && isClean) return;
  throw new CommandError(
    'run needs one source: --interface NAME, --spool FOLDER, or - for standard input',
    ExitCode.WRONG_USAGE,
  );
}

function liveOptions(device: string, filter: readonly string[], flags: RunFlags): LiveOptions {
  const { snaplen, kernelBuffer, stuckAfter } = flags;
  // Timers know nothing longer; a process that is stuck for that long has been noticed.
  const stuckMs = Math.min(stuckAfter, LONGEST_TIMER_MS);
  return { device, filter: filter.join(' '), snaplen, kernelBuffer, stuckMs };
}

function stateFolder(flags: RunFlags): string | null {
  if (flags.state !== undefined) return flags.state;
  return flags.spool === undefined ? null : join(flags.spool, '.sluice');
}

function takeSignals(daemon: Daemon, log: Log): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      daemon.stop(signal);
      setTimeout(() => {
        log.error('the stop took too long and was ended by force');
        log.flush();
        process.kill(process.pid, 'SIGKILL');
      }, STOP_LIMIT_MS).unref();
    });
  }
  process.on('SIGHUP', () => void daemon.reloadRules('SIGHUP'));
  process.on('SIGUSR1', () => void daemon.reopenLogs());
}

function versionOf(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

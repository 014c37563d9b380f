/** Flags and help of `sluice run`: the daemon on a mirror port, a spool folder or a pipe. */
import { type Command, Option } from 'commander';
import { CAPTURE_WITH } from '../capture/live/live-backend.ts';
import { ON_FULL } from '../output/log/line-queue.ts';
import { MODE_NAMES } from '../policy/mode.ts';
import { LOG_LEVELS } from '../output/log/log-levels.ts';
import { addressesOption, addressKeyOption } from './address-flags.ts';
import { CLIENT_HELP } from './client-help.ts';
import {
  historyOption,
  lossBoundOption,
  recentDecisionsOption,
  retentionOptions,
  zoneOption,
} from './history-flags.ts';
import { reportScheduleOption } from './report-schedule-flag.ts';
import { linkIdentityOption } from './link-identity-flag.ts';
import { listenOptions } from './listen-flags.ts';
import { requireManifestOption, requireSignaturesOption, rulesKeysOption } from './manifest-flags.ts';
import { maxFlowsOption } from './max-flows-flag.ts';
import { fleetOptions } from './fleet-flags.ts';
import { fleetRulesOptions } from './fleet-rules-flags.ts';
import { ispOption, linkOption, siteOption } from './origin-flags.ts';
import { policyOption, registryOption } from './rules-flags.ts';
import { DEFAULT_KERNEL_BUFFER, DEFAULT_SNAPLEN, duration, size, webhook } from './run-flags.ts';
import type { RunFlags } from './run.ts';
import { wholeNumber } from './whole-number.ts';
import { workersOption } from './workers-flag.ts';

const LARGEST_KEPT = 100_000;

const EXAMPLES = `
Examples:
  sudo sluice run --interface eth0 udp or tcp or esp         a mirror port, of which only these are looked at
  sluice run --interface eth1 --capture-socket /run/eth1.sock
                                                             the same from sluice capture, without the right to capture
  tcpdump -i lo -w - -U | sluice run - --decisions -         what another program captures
  sluice run --spool /var/spool/captures --decisions decisions.jsonl --state /var/lib/sluice
                                                             files that another program rotates into a folder
  curl -s localhost:9464/metrics                             what it counts
  sluice ctl reload --state /var/lib/sluice                  new rules, like kill -HUP
  sluice run --interface eth0 --shadow draft.yaml            what a draft would do to this traffic, without doing it

While it runs:
  SIGHUP reloads policy and registry; SIGUSR2 opens the event logs again (SIGUSR1 too, as in version 0.1);
  SIGTERM and SIGINT stop it: what has been read is processed, flows are ended, logs written, within 5
  seconds. A bad policy or registry leaves the old ones in use. Send signals to a daemon that is ready: in the
  first tenth of a second Node still has its own defaults, by which SIGHUP and SIGUSR2 end the process.
  /healthz says that it lives, /readyz that packets can come, /metrics everything else.

Exit codes: 0 the source has ended, or it was stopped; 1 failed; 2 wrong usage; 3 policy or registry invalid at
the start; 4 the pipe broke off within a packet.
`;

export function addRunCommand(program: Command): void {
  const command = program
    .command('run')
    .summary('run as a daemon on a mirror port, a spool folder or a pipe')
    .description(
      'Runs for as long as packets come: decides flows as they appear, writes events, serves metrics and ' +
        'health over HTTP, takes new rules without a restart, and stops enforcing by itself when too many ' +
        'clients would be hit.',
    )
    .argument('[source...]', '- for standard input; after --interface an expression of pcap-filter(7)');
  addSourceOptions(command);
  addRulesOptions(command);
  addLogOptions(command);
  for (const option of listenOptions()) command.addOption(option);
  addStateOptions(command);
  command
    .addOption(maxFlowsOption())
    .addOption(linkIdentityOption())
    .addOption(siteOption())
    .addOption(ispOption())
    .addOption(linkOption());
  for (const option of [...fleetOptions(), ...fleetRulesOptions()]) command.addOption(option);
  command
    .addOption(workersOption())
    .addOption(new Option('--log-level <level>', 'what is logged to stderr').choices(LOG_LEVELS).default('info'))
    .option('--metrics-table', 'print every metric as a page of Markdown, and nothing else')
    .addHelpText('after', EXAMPLES + CLIENT_HELP)
    .action(async (source: string[], flags: RunFlags) => {
      if (flags.metricsTable === true) {
        const { metricsPage } = await import('../output/metrics/metrics.ts');
        process.stdout.write(metricsPage());
        return;
      }
      const { run } = await import('./run.ts');
      process.exitCode = await run(source, flags);
    });
}

/** Options of the source of packets. */
function addSourceOptions(command: Command): void {
  command
    .option(
      '--interface <name>',
      'capture on one interface, or any for all of them (tcpdump on Linux), by a process of its own that ' +
        'alone needs the right to',
    )
    .addOption(
      new Option(
        '--capture-socket <path>',
        'read that interface from the sluice capture that listens there; needs no right',
      ).conflicts(['captureWith', 'snaplen', 'kernelBuffer']),
    )
    .addOption(
      new Option('--capture-with <program>', 'what captures; auto prefers tcpdump')
        .choices(CAPTURE_WITH)
        .default('auto'),
    )
    .option('--snaplen <n>', 'bytes captured of a packet', wholeNumber(64, 262_144), DEFAULT_SNAPLEN)
    .addOption(
      new Option('--kernel-buffer <size>', 'what the kernel may hold for a capture that is behind')
        .argParser(size)
        .default(DEFAULT_KERNEL_BUFFER, '128MB'),
    )
    .addOption(
      new Option(
        '--stuck-after <time>',
        'a source that gives nothing for so long is stuck: logged, counted, not ready; a capture whose ' +
          'interface counts packets meanwhile is restarted',
      )
        .argParser(duration)
        .default(30_000, '30s'),
    )
    .option('--spool <folder>', 'process the capture files that appear in a folder, each once')
    .addOption(
      new Option(
        '--settle <time>',
        'a file of the spool is read when it has not changed for so long, or for ten times as long while ' +
          'it grows; what is added later is read on',
      )
        .argParser(duration)
        .default(5000, '5s'),
    )
    .option('--remove-done', 'remove files of the spool of which all was read; the others are kept');
}

/** Options of policy and registry. */
function addRulesOptions(command: Command): void {
  command
    .addOption(policyOption())
    .addOption(registryOption())
    .addOption(requireManifestOption())
    .addOption(rulesKeysOption())
    .addOption(requireSignaturesOption())
    .addOption(new Option('--mode <mode>', "instead of the policy's mode").choices(MODE_NAMES))
    .option('--watch', 'reload policy and registry, and what --shadow names, when their files change')
    .option(
      '--shadow <file>',
      'a second policy that decides beside the first and never acts: metrics, events and sluice ctl ' +
        'shadow show what it would do',
    )
    .option('--shadow-registry <file>', 'registry for --shadow (default: the one in use)')
    .option(
      '--drafts <folder>',
      'policies (*.yaml) that operators of the console may let decide beside the first one; they can ' +
        'name no other file',
    );
}

/** Options of event logs. */
function addLogOptions(command: Command): void {
  command
    .option('--decisions <file>', 'write decisions, reloads, breaker and stats as JSON lines; - is standard output')
    .option('--flows <file>', 'write a JSON line for every flow at its end; may be the same file')
    .option('--vpn-only', 'under --flows only flows in which a VPN was found')
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
    .option(
      '--log-key <file>',
      "the sensor's private key (sluice rules keygen): each part of the log of decisions that is moved aside, " +
        'and each action of a person, gets a signed entry in LOG.chain, which sluice verify checks',
    )
    .addOption(
      new Option('--stats-every <time>', 'write a stats event so often').argParser(duration).default(60_000, '1m'),
    );
}

/** Options of state, notices and control. */
function addStateOptions(command: Command): void {
  command
    .option(
      '--state <folder>',
      "where flows, breaker, harm and a spool's place survive a restart; none for nowhere (default: of a spool a " +
        'hidden folder in it, else $STATE_DIRECTORY, /var/lib/sluice or ~/.local/state/sluice)',
    )
    .addOption(
      new Option('--checkpoint-every <time>', 'save the state of flows so often, and at each reload')
        .argParser(duration)
        .default(10_000, '10s'),
    )
    .addOption(
      new Option('--max-state <size>', 'bytes on disk for checkpoints: the last one and the one before it')
        .argParser(size)
        .default(4_000_000_000, '4GB'),
    )
    .addOption(
      new Option(
        '--notify <url>',
        'a webhook that gets trips of the breaker, registered hits, a silent source and refused reloads as JSON',
      ).argParser(webhook),
    )
    .addOption(historyOption())
    .addOption(lossBoundOption())
    .addOption(recentDecisionsOption())
    .addOption(zoneOption())
    .addOption(reportScheduleOption());
  for (const option of retentionOptions()) command.addOption(option);
  command.option(
    '--control <socket>',
    'Unix socket for sluice ctl; none for none (default: control.sock in the folder of state, where there is one)',
  );
}

/** Flags of `sluice rules bundle`, `publish`, `status` and `rollback`: the rules of a fleet. */
import { type Command, Option } from 'commander';
import { RINGS } from '../fleet/rules/ring-pointer.ts';
import { natsOptions } from './nats-flags.ts';
import type { BundleFlags, PublishFlags, RollbackFlags, StatusFlags } from './rules-fleet.ts';
import { finiteDuration } from './run-flags.ts';
import { wholeNumber } from './whole-number.ts';

const SERVERS = 'servers of the fleet, like nats://10.0.0.1:4222';
const LARGEST = Number.MAX_SAFE_INTEGER;
const SOAK_MS = 600_000;
const TAKE_MS = 60_000;

const PUBLISH_EXAMPLES = `
Examples:
  sluice rules bundle --policy policy.yaml --registry registry.csv --key alice.key --rollback-to 11
  sluice rules bundle --policy policy.yaml --registry registry.csv --key bob.key        a second signature
  sluice rules publish --policy policy.yaml --registry registry.csv --ring-key ops.key --nats nats://127.0.0.1:4222
  sluice rules status --nats nats://127.0.0.1:4222
  sluice rules rollback --ring canary --ring-key ops.key --nats nats://127.0.0.1:4222

Sensors take bundles with: sluice run … --fleet URL --fleet-rules RING --rules-keys alice.key.pub bob.key.pub \\
  --require-signatures 2 --ring-keys ops.key.pub

Exit codes: 0 done; 1 failed, for example a bundle that did harm, and whose rings returned; 2 wrong usage; 3 policy or
registry invalid, or not what the bundle says.`;

export function addFleetRulesCommands(rules: Command): void {
  addBundleCommand(rules);
  addPublishCommand(rules);
  const status = rules.command('status').description('Says which bundle each ring should run, and what sensors run.');
  for (const option of natsOptions(SERVERS)) status.addOption(option);
  status.option('--json', 'as one JSON object').action(async (flags: StatusFlags) => {
    const { rulesStatus } = await import('./rules-fleet.ts');
    process.exitCode = await rulesStatus(flags);
  });
  const rollback = rules
    .command('rollback')
    .description('Returns rings to the bundle that the one they run names as rollback_to.')
    .addOption(new Option('--ring <ring>', 'the ring that returns (default: all of them)').choices(RINGS))
    .addOption(ringKeyOption());
  for (const option of natsOptions(SERVERS)) rollback.addOption(option);
  rollback.action(async (flags: RollbackFlags) => {
    const { rollbackRules } = await import('./rules-fleet.ts');
    process.exitCode = await rollbackRules(flags);
  });
}

function addBundleCommand(rules: Command): void {
  rules
    .command('bundle')
    .description(
      'Writes the manifest of a bundle beside the registry, as REGISTRY.bundle.json, and signs it. A bundle that ' +
        'describes the same files keeps its version, and its signatures by other keys.',
    )
    .requiredOption('--policy <file>', 'policy of the bundle')
    .requiredOption('--registry <file>', 'registry of the bundle')
    .option('--key <file>', 'private key to sign with')
    .addOption(
      new Option('--bundle-version <n>', 'version of the bundle (default: one more than before)').argParser(
        wholeNumber(1, LARGEST),
      ),
    )
    .addOption(
      new Option('--rollback-to <n>', 'version to which a ring returns from it').argParser(wholeNumber(1, LARGEST)),
    )
    .option('--isps <names>', 'operators of networks for which it is, with commas between (default: all)')
    .option('--not-before <time>', 'sensors wait until then, like 2024-11-30T23:59:59Z')
    .option('--expires <time>', 'sensors do not take it from then on')
    .option('--min-version <version>', 'the oldest version of Sluice that may use it, like 0.2.0')
    .action(async (flags: BundleFlags) => {
      const { bundleRules } = await import('./rules-fleet.ts');
      process.exitCode = await bundleRules(flags);
    });
}

function addPublishCommand(rules: Command): void {
  const publish = rules
    .command('publish')
    .description(
      'Puts a bundle into the fleet, and leads it through the rings: canary, tenth, all. Each ring must run it for ' +
        'the soak without a registered hit, a trip or a refusal; else the rings return to the bundle before.',
    )
    .requiredOption('--policy <file>', 'policy of the bundle')
    .requiredOption('--registry <file>', 'registry of the bundle, beside which is REGISTRY.bundle.json')
    .addOption(ringKeyOption())
    .addOption(
      new Option('--ring <ring>', 'move this ring alone, and do not wait (default: one after the other)').choices([
        ...RINGS,
        'every',
      ]),
    )
    .addOption(
      new Option('--soak <time>', 'how long a ring runs it before the next')
        .argParser(finiteDuration)
        .default(SOAK_MS, '10m'),
    )
    .addOption(
      new Option('--take <time>', 'how long the sensors of a ring may need to take it')
        .argParser(finiteDuration)
        .default(TAKE_MS, '1m'),
    )
    .addOption(
      new Option('--most-newly-hit <n>', 'unregistered clients that one sensor may newly hit')
        .argParser(wholeNumber(0, LARGEST))
        .default(0),
    );
  for (const option of natsOptions(SERVERS)) publish.addOption(option);
  publish.addHelpText('after', PUBLISH_EXAMPLES).action(async (flags: PublishFlags) => {
    const { publishRules } = await import('./rules-fleet.ts');
    process.exitCode = await publishRules(flags);
  });
}

function ringKeyOption(): Option {
  return new Option('--ring-key <file>', 'private key that may move rings').makeOptionMandatory();
}

/** Flags and help of `sluice rules`: keys, manifests and their signatures, and the rules of a fleet. */
import { type Command, Option } from 'commander';
import { requireSignaturesOption, rulesKeysOption } from './manifest-flags.ts';
import { addFleetRulesCommands } from './rules-fleet-command.ts';
import type { SignFlags, VerifyFlags } from './rules.ts';
import { wholeNumber } from './whole-number.ts';

const EXAMPLES = `
A manifest lies beside a policy or registry, as FILE.manifest.json: how many rows and bytes the file must
have, its SHA-256, a version, and signatures. Every command refuses a file that does not match the manifest
beside it. One manifest may describe both files; it then ties them together.

Examples:
  sluice rules keygen alice.key                                     alice.key (mode 0600) and alice.key.pub
  sluice rules sign --registry registry.csv --policy policy.yaml --key alice.key
  sluice rules sign --registry registry.csv --policy policy.yaml --key bob.key     a second signature
  sluice rules verify --registry registry.csv --policy policy.yaml \\
    --rules-keys alice.key.pub bob.key.pub --require-signatures 2
  sluice run … --rules-keys alice.key.pub bob.key.pub --require-signatures 2

Exit codes: 0 done; 1 failed, for example a key that exists; 2 wrong usage, a file that cannot be read, a key
that others may read; 3 policy or registry invalid, or not what its manifest says.`;

const LARGEST_VERSION = Number.MAX_SAFE_INTEGER;

export function addRulesCommand(program: Command): void {
  const rules = program
    .command('rules')
    .summary('make keys, sign and verify policy and registry, publish them to a fleet')
    .description('Makes keys, and manifests of policy and registry with signatures (Ed25519), and verifies them.')
    .addHelpText('after', EXAMPLES);
  rules
    .command('keygen')
    .description('Makes a key pair: FILE, readable by its owner alone, and FILE.pub. Never overwrites.')
    .argument('<file>', 'where the private key goes')
    .action(async (file: string) => {
      const { keygen } = await import('./rules.ts');
      process.exitCode = keygen(file);
    });
  rules
    .command('sign')
    .description(
      'Writes the manifest beside the registry, or beside the policy where no registry is named. Without ' +
        '--key it has no signature. A manifest that describes the same files keeps its version, and its ' +
        'signatures by other keys.',
    )
    .option('--policy <file>', 'policy to describe')
    .option('--registry <file>', 'registry to describe')
    .option('--key <file>', 'private key to sign with')
    .addOption(
      new Option(
        '--manifest-version <n>',
        'version of the manifest (default: one more than that of other files)',
      ).argParser(wholeNumber(1, LARGEST_VERSION)),
    )
    .action(async (flags: SignFlags) => {
      const { signRules } = await import('./rules.ts');
      process.exitCode = await signRules(flags);
    });
  rules
    .command('verify')
    .description('Verifies policy, registry or both against the manifests beside them, and says who signed.')
    .option('--policy <file>', 'policy to verify')
    .option('--registry <file>', 'registry to verify')
    .addOption(rulesKeysOption())
    .addOption(requireSignaturesOption())
    .action(async (flags: VerifyFlags) => {
      const { verifyRules } = await import('./rules.ts');
      process.exitCode = await verifyRules(flags);
    });
  addFleetRulesCommands(rules);
}

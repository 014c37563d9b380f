// Campaigns that prove what safety promises: npm run proof -- [NAME…] [--short]
//   rehearsal   10 November 2024 in seven forms
//   flood       ten minutes of spoofed handshakes
//   compare     a comparison of 3 million packets against two replays
//   desk        a registration desk, killed 200 times, and its disk filled; root, for a disk of its own
//   fleet       ten sensors, a hub and three NATS nodes, killed 371 times, with links that are cut: network namespaces as root, else relays
//   fleet-away  a sensor whose cluster is away for ten minutes; root, for a virtual link
//   fleet-rules bundles of rules for ten sensors: good ones, bad ones of each kind, and a harmful one
//   fleet-rehearsal   10 November 2024 over ten sensors
//   kill        a daemon over a spool, killed 500 times; root, for a disk that fills
//   soak        an hour of live load; root, for a virtual link
// Without a name all of them run. At full size each writes its result to test/proof/results/NAME.json; the short forms only check.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const FOLDER = import.meta.dirname;
const SUFFIX = '.proof.ts';

const { values, positionals } = parseArgs({
  options: { short: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const known = readdirSync(FOLDER)
  .filter((name) => name.endsWith(SUFFIX))
  .map((name) => name.slice(0, -SUFFIX.length));
const unknown = positionals.filter((name) => !existsSync(join(FOLDER, name + SUFFIX)));
if (unknown.length > 0) {
  console.error(`no such proof: ${unknown.join(', ')}; there are ${known.join(', ')}`);
  process.exit(2);
}
const names = positionals.length === 0 ? known : positionals;
const vitest = join(FOLDER, '../../node_modules/vitest/vitest.mjs');
const files = names.map((name) => name + SUFFIX);
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--config', join(FOLDER, 'vitest.config.ts'), ...files],
  {
    stdio: 'inherit',
    env: { ...process.env, PROOF: values.short ? 'short' : 'full' },
  },
);
process.exitCode = status ?? 1;

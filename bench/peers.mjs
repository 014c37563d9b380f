/**
 * Sluice against its peers on the same generated captures, in one run: see --help. Build first.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isInstalled, median, medianRatio, peakMemory, rounds, runOnce } from './measure.mjs';
import { number, resultsPage } from './peers/report.mjs';
import * as turn from './peers/turns.mjs';

const HELP = `npm run bench:peers -- [options]

Generates captures, runs each peer over them in turns, checks the outputs, and writes the results as a page.

  --packets N       packets of the realistic capture (3000000), and of new-flows, all-vpn and undecided
  --flows N         flows of the realistic capture (200000)
  --long N          packets of a longer capture of the same kind, with four times the flows (12000000)
  --few N --many N  flows of the two captures that tell what many flows cost (10000 and 5000000)
  --active N        packets of each of those (15000000)
  --rounds N        runs of each (5)
  --slow-rounds N   runs of tshark (as --rounds)
  --cases LIST      realistic,long,flows,new-flows,all-vpn,undecided (all)
  --folder DIR      where captures go while it runs (a temporary folder; about 5 GB at default sizes)
  --out FILE        the page (bench/RESULTS.md); - is standard output
  --help
`;

const DEFAULTS = {
  packets: '3000000',
  flows: '200000',
  long: '12000000',
  few: '10000',
  many: '5000000',
  active: '15000000',
  rounds: '5',
  cases: 'realistic,long,flows,new-flows,all-vpn,undecided',
  out: join(import.meta.dirname, 'RESULTS.md'),
};
const GENERATORS = join(import.meta.dirname, 'generate');
const REGISTERED_PREFIXES = '20000';

async function main() {
  const flags = readFlags();
  if (flags.help) {
    process.stdout.write(HELP);
    return;
  }
  const folder = flags.folder ?? mkdtempSync(join(tmpdir(), 'sluice-peers-'));
  mkdirSync(folder, { recursive: true });
  try {
    await runCases(flags, folder);
  } finally {
    if (flags.folder === undefined) rmSync(folder, { recursive: true });
  }
}

function readFlags() {
  const options = { help: { type: 'boolean' }, folder: { type: 'string' }, 'slow-rounds': { type: 'string' } };
  for (const [name, value] of Object.entries(DEFAULTS)) options[name] = { type: 'string', default: value };
  const { values } = parseArgs({ options });
  return { ...values, 'slow-rounds': values['slow-rounds'] ?? values.rounds };
}

async function runCases(flags, folder) {
  const bench = new Bench(flags, folder);
  const wanted = flags.cases.split(',');
  const runs = { realistic, long, flows: manyFlows, 'new-flows': newFlows, 'all-vpn': allVpn, undecided };
  const cases = [];
  for (const name of wanted) cases.push(...(await runs[name](bench, flags)));
  // The folder of the captures is readable by this user alone.
  const args = process.argv
    .slice(2)
    .join(' ')
    .replace(/--folder[ =]\S+ ?/, '');
  const command = `npm run bench:peers -- ${args}`.replace(/ -- $/, '');
  const page = resultsPage({ command, cases, notes: [] });
  if (flags.out === '-') process.stdout.write(page);
  else writeFileSync(flags.out, page);
  const wrong = cases.flatMap(({ title, results }) =>
    results
      .filter(({ seconds, problem }) => problem !== '' && seconds.length > 0)
      .map((one) => `${title}: ${one.name}: ${one.problem}`),
  );
  for (const line of wrong) process.stderr.write(`wrong output: ${line}\n`);
  if (wrong.length > 0) process.exitCode = 1;
}

async function realistic(bench, { packets, flows }) {
  const made = bench.generate('realistic', ['--packets', packets, '--flows', flows]);
  const results = await bench.compare(made, [
    turn.TCPDUMP,
    turn.REPLAY,
    turn.REPLAY_TWO,
    turn.REPLAY_TWICE_AT_ONCE,
    turn.REPLAY_DECISIONS,
    turn.REPLAY_TWO_DECISIONS,
    turn.BARE_READ,
    ...turn.STAGES,
    turn.CAPINFOS,
    turn.NDPI,
    turn.PCAP_PARSER,
    turn.TSHARK,
  ]);
  return [
    {
      title: 'Realistic mix',
      about:
        'DNS, TLS, QUIC, HTTP and media, a tenth of the flows VPNs with whole handshakes, a fifth of the clients IPv6, three tenths of the flows wrapped; a registry of 20,000 prefixes. Ratios are to tcpdump: over 1 is slower.',
      made: made.about,
      results,
      remarks: [gainRemark(results)],
    },
  ];
}

/** Start-up and warming up weigh less here. */
async function long(bench, { long: packets, packets: shorter, flows }) {
  const times = Number(packets) / Number(shorter);
  const size = ['--packets', packets, '--flows', String(Math.round(Number(flows) * times))];
  // As many seconds of packet time, so that as few flows expire and begin again.
  const made = bench.generate('realistic', [...size, '--rate', String(Math.round(100_000 * times))], 'long');
  const flags = ['--max-flows', '1000000'];
  const results = await bench.compare(
    made,
    [turn.TCPDUMP, turn.REPLAY, turn.REPLAY_TWO, turn.REPLAY_TWICE_AT_ONCE],
    flags,
  );
  const about =
    'The same mix, longer: what a process takes to start and to warm up weighs less. Ratios are to tcpdump.';
  return [{ title: 'Realistic mix, longer', about, made: made.about, results, remarks: [gainRemark(results)] }];
}

/** What a second worker gains, beside the most that it could. */
function gainRemark(results) {
  const secondsOf = (wanted) => results.find((result) => result.turn === wanted).seconds;
  const one = secondsOf(turn.REPLAY);
  const gain = medianRatio(one, secondsOf(turn.REPLAY_TWO));
  const most = 2 * medianRatio(one, secondsOf(turn.REPLAY_TWICE_AT_ONCE));
  return `Two workers are ${gain.toFixed(2)} times as fast as one. Two runs at once that share nothing do ${most.toFixed(2)} times as much as one in the same time: what else a run uses of a second core (compiling, mostly), and the memory that both cores share, set that limit on this machine.`;
}

async function manyFlows(bench, { active, few, many }) {
  const cases = [];
  const turns = [];
  for (const order of ['round-robin', 'random']) {
    const captures = [few, many].map((flows) => {
      // So fast that none of them is idle long enough to expire.
      const kind = ['--packets', active, '--flows', flows, '--order', order, '--rate', '1000000'];
      return bench.generate('active', kind, `active-${order}-${flows}`);
    });
    const flags = ['--max-flows', String(Number(many) + 1)];
    const results = await bench.compareCaptures(captures, turn.REPLAY, flags);
    const [small, large] = results;
    const bytes = (large.memory - small.memory) / (Number(many) - Number(few));
    const ratio = medianRatio(large.seconds, small.seconds);
    turns.push(...results);
    cases.push({
      title: `Many flows, visited ${order === 'random' ? 'at random' : 'in turn'}`,
      about: 'Frames of 64 bytes of TCP connections that are all active. Ratios are to the capture of few flows.',
      made: captures[1].about,
      results,
      remarks: [
        `Time per packet with ${number(Number(many))} flows is ${ratio.toFixed(2)} times that with ${number(Number(few))}. Memory: ${Math.round(bytes)} bytes per active flow, by the difference of the two peaks.`,
      ],
    });
    bench.remove(captures);
  }
  return cases;
}

async function newFlows(bench, { packets }) {
  const made = bench.generate('new-flows', ['--packets', packets]);
  const flags = ['--max-flows', packets];
  const results = await bench.compare(made, [turn.REPLAY, turn.REPLAY_TWO, turn.TCPDUMP], flags);
  const about =
    'Frames of 64 bytes, each the first of a flow of its own, with random bytes for the fingerprints to look at.';
  return [{ title: 'A new flow with every packet', about, made: made.about, results }];
}

async function allVpn(bench, { packets }) {
  const cases = [];
  for (const [size, what] of [
    [64, 'of 64 packets'],
    [8, 'of eight packets, little more than a handshake'],
  ]) {
    const flows = String(Math.ceil(Number(packets) / size));
    const made = bench.generate('all-vpn', ['--packets', packets, '--flows', flows]);
    const turns = [turn.REPLAY_DECISIONS, turn.REPLAY_TWO_DECISIONS, turn.REPLAY, turn.TCPDUMP];
    const results = await bench.compare(made, turns);
    const about = `VPN flows alone, ${what}, each with its whole handshake: every event written, about two for each flow.`;
    cases.push({ title: `All VPN, flows ${what}`, about, made: made.about, results });
  }
  return cases;
}

async function undecided(bench, { packets }) {
  const made = bench.generate('undecided', ['--packets', packets]);
  const results = await bench.compare(made, [turn.REPLAY, turn.TCPDUMP]);
  const about =
    'Flows of 100 datagrams that begin as OpenVPN data does and never come to fit: a fingerprint looks at every one.';
  return [{ title: 'Undecided for long', about, made: made.about, results }];
}

class Bench {
  constructor(flags, folder) {
    this.rounds = Number(flags.rounds);
    this.slowRounds = Number(flags['slow-rounds']);
    this.folder = folder;
    this.registry = join(folder, 'registry.csv');
    this.events = join(folder, 'events.jsonl');
    run(process.execPath, [join(GENERATORS, 'registry.mjs'), '--prefixes', REGISTERED_PREFIXES, this.registry]);
  }

  /** A capture with the generator's account of it. */
  generate(kind, flags, name = kind) {
    const path = join(this.folder, `${name}.pcap`);
    process.stderr.write(`generating ${name} …\n`);
    const about = JSON.parse(run(process.execPath, [join(GENERATORS, 'main.mjs'), '--kind', kind, ...flags, path]));
    return { path, about, name, registry: this.registry, events: this.events };
  }

  remove(captures) {
    for (const { path } of captures) rmSync(path);
  }

  /** Several programs on one capture, which is removed afterwards. */
  async compare(capture, turns, flags) {
    const results = turns.map((one) => ({ turn: one, capture, flags, name: one.name }));
    const measured = await this.#measure(results);
    this.remove([capture]);
    return measured;
  }

  /** One program on several captures. */
  compareCaptures(captures, one, flags) {
    return this.#measure(
      captures.map((capture) => ({
        turn: one,
        capture,
        flags,
        name: `${one.name}, ${number(capture.about.flows)} flows`,
      })),
    );
  }

  async #measure(entries) {
    const results = entries.map((entry) => ({ ...entry, seconds: [], cpuSeconds: [], memory: NaN, problem: '' }));
    const present = results.filter((result) => {
      if (isInstalled(result.turn.needs)) return true;
      result.problem = 'not installed';
      return false;
    });
    for (const result of present) {
      if (result.turn.isSeveral === true) continue;
      process.stderr.write(`memory of ${result.name} …\n`);
      result.memory = await peakMemory(result.turn.needs, result.turn.args(result.capture, result.flags));
    }
    let round = 0;
    for (const order of rounds(present, Math.max(this.rounds, this.slowRounds))) {
      round++;
      for (const result of order) {
        if (round <= (result.turn.isSlow === true ? this.slowRounds : this.rounds)) this.#runTurn(result, round);
      }
    }
    return results;
  }

  #runTurn(result, round) {
    const { turn: one, capture, flags } = result;
    const outcome = runOnce(one.needs, one.args(capture, flags));
    const failed = outcome.status === 0 ? '' : `exit status ${outcome.status}: ${outcome.stderr.slice(0, 200)}`;
    result.problem ||= failed || one.check(outcome, capture.about, capture);
    result.seconds.push(outcome.seconds);
    result.cpuSeconds.push(outcome.cpuSeconds);
    const soFar = median(result.seconds).toFixed(2);
    process.stderr.write(
      `${round} ${result.name}: ${outcome.seconds.toFixed(2)} s, median ${soFar} ${result.problem}\n`,
    );
  }
}

function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

await main();

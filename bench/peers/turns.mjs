/**
 * What takes part: each a command over one capture, and a check that it did the work. A check answers '' or what is wrong;
 * `checked` says what has been looked at where that is less than all.
 * `made` is the generator's account of the capture.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const SLUICE = join(root, 'dist/bin/sluice.js');
const VPN_FILTER = 'wg || openvpn || isakmp || esp';
const node = process.execPath;

export const BARE_READ = {
  name: 'bare block read in Node',
  needs: node,
  args: ({ path }) => [join(root, 'bench/peers/bare-read.mjs'), path],
  check: ({ stdout }, made) => same('octets', Number(stdout), made.bytes),
};

/** What each stage adds, one on top of the other, before a command, rules and outputs. */
export const STAGES = [
  ['walked', 'records walked'],
  ['decoded', 'packets decoded'],
  ['fingerprinted', 'flows fingerprinted'],
].map(([stage, what]) => ({
  name: `Sluice up to: ${what}`,
  needs: node,
  args: ({ path }) => [join(root, 'bench/engine/up-to-stage.mjs'), stage, path],
  check: ({ stdout }, made) => {
    const [packets, flows] = stdout.split(' ').map(Number);
    return (
      same('packets', packets, made.packets) || (stage === 'fingerprinted' ? same('flows', flows, made.flows) : '')
    );
  },
}));

export const REPLAY = replay(1);
export const REPLAY_TWO = replay(2);
export const REPLAY_DECISIONS = replayWithDecisions(1);
export const REPLAY_TWO_DECISIONS = replayWithDecisions(2);

/** What two cores can do at best, as nothing waits for anything: each of the two runs does all of the work. */
export const REPLAY_TWICE_AT_ONCE = {
  name: 'two of sluice replay --workers 1 at once',
  needs: 'sh',
  isSeveral: true,
  args: ({ path, registry }, flags) => [
    '-c',
    '"$@" >/dev/null & "$@" >/dev/null && wait $!',
    'sh',
    node,
    ...replayArgs(1, path, registry, flags),
  ],
  checked: 'exit status',
  check: () => '',
};

function replay(workers) {
  return {
    name: `sluice replay --workers ${workers}`,
    needs: node,
    args: ({ path, registry }, flags) => replayArgs(workers, path, registry, flags),
    check: ({ stdout }, made) => checkSummary(JSON.parse(stdout), made),
  };
}

/** Event lines are counted, and the same from every turn. */
function replayWithDecisions(workers) {
  return {
    name: `sluice replay --workers ${workers} --decisions FILE`,
    needs: node,
    args: ({ path, registry, events }, flags) => [
      ...replayArgs(workers, path, registry, flags),
      '--decisions',
      events,
      '--force',
    ],
    check: ({ stdout }, made, capture) => {
      const summary = JSON.parse(stdout);
      const decisions = Object.values(summary.decisions).reduce((sum, count) => sum + count, 0);
      const bytes = readFileSync(capture.events);
      const digest = createHash('sha256').update(bytes).digest('hex');
      capture.digest ??= digest;
      return (
        checkSummary(summary, made) ||
        same('event lines', countLines(bytes), decisions) ||
        same('SHA-256 of the events', digest, capture.digest)
      );
    },
  };
}

export const TCPDUMP = {
  name: 'tcpdump -w /dev/null',
  needs: 'tcpdump',
  args: ({ path }) => ['-r', path, '-w', '/dev/null'],
  checked: 'exit status',
  check: () => '',
};

export const CAPINFOS = {
  name: 'capinfos -c',
  needs: 'capinfos',
  args: ({ path }) => ['-M', '-c', path],
  check: ({ stdout }, made) => same('packets', Number(/packets:\s+(\d+)/.exec(stdout)?.[1]), made.packets),
};

export const NDPI = {
  name: 'ndpiReader',
  needs: 'ndpiReader',
  args: ({ path }) => ['-q', '-i', path],
  // NoChange, it prints nothing that could be counted.
  checked: 'exit status',
  check: () => '',
};

export const TSHARK = {
  name: `tshark -Y '${VPN_FILTER}'`,
  needs: 'tshark',
  isSlow: true,
  args: ({ path }) => ['-n', '-r', path, '-Y', VPN_FILTER, '-T', 'fields', '-e', 'frame.number'],
  checked: 'finds some',
  check: ({ stdout }) => (stdout.length > 0 ? '' : 'no packet found'),
};

export const PCAP_PARSER = {
  name: 'pcap-parser, packets counted',
  needs: node,
  args: ({ path }) => [join(root, 'bench/peers/count-with-pcap-parser.mjs'), path],
  check: ({ stdout }, made) => same('packets', Number(stdout), made.packets),
};

function replayArgs(workers, path, registry, flags = []) {
  return [
    SLUICE,
    'replay',
    path,
    '--registry',
    registry,
    '--json',
    '--no-hash',
    '--quiet',
    '--workers',
    String(workers),
    ...flags,
  ];
}

/** Every packet is accounted for, and the VPN flows found are those that were made. */
function checkSummary(summary, made) {
  const { read, in_flows: inFlows, not_decoded: notDecoded } = summary.packets;
  const outside = Object.values(notDecoded).reduce((sum, count) => sum + count, 0);
  return (
    same('packets', read, made.packets) ||
    same('accounted packets', inFlows + outside, made.packets) ||
    same('flows', summary.flows.total, made.flows) ||
    same('VPN flows', foundText(summary.flows.found), madeText(made.vpn))
  );
}

function foundText(found) {
  return found
    .map(({ protocol, stage, flows }) => `${protocol} ${stage} ${flows}`)
    .sort()
    .join(', ');
}

function madeText(vpn) {
  return Object.entries(vpn)
    .flatMap(([protocol, stages]) => Object.entries(stages).map(([stage, flows]) => ({ protocol, stage, flows })))
    .filter(({ flows }) => flows > 0)
    .map(({ protocol, stage, flows }) => `${protocol} ${stage} ${flows}`)
    .sort()
    .join(', ');
}

function same(what, seen, expected) {
  return seen === expected ? '' : `${what}: ${seen}, expected ${expected}`;
}

function countLines(bytes) {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}

#!/usr/bin/env node
/**
 * Generates captures for benchmarks: the same bytes for the same arguments, on every machine.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { CaptureFile } from '../../test/kit/capture-file.mjs';
import { addressText } from './endpoints.mjs';
import { Protocol } from './frame.mjs';
import { MixedTraffic } from './mixed-traffic.mjs';
import { allVpnMix, realisticMix, undecidedMix } from './mixes.mjs';
import { writeActiveFlows, writeNewFlows } from './worst-cases.mjs';

const HELP = `node bench/generate/main.mjs [options] OUT.pcap

Writes a capture (pcap, Ethernet) of generated traffic, the same for the same options. Prints what is in it as one JSON object.

  --kind KIND         realistic   mixed traffic: DNS, TLS, QUIC, HTTP, media and VPNs, plain and wrapped (default)
                      all-vpn     VPN flows alone, each with its handshake and little more
                      undecided   UDP flows that stay undecided for as long as a fingerprint may follow them
                      new-flows   frames of 64 bytes, each of a flow of its own
                      active      connections that are all visited again and again, in frames of 64 bytes
  --packets N         packets (100000)
  --flows N           flows (packets / 15; all-vpn: packets / 8; undecided: packets / 100; active: packets / 10)
  --concurrent N      flows at a time, about: realistic, all-vpn and undecided (half of the flows, at most 100000)
  --rate N            packets per second of packet time (100000)
  --order ORDER       active: round-robin or random (random)
  --vpn-share S       realistic: share of flows that are VPNs (0.1)
  --ipv6-share S      realistic, all-vpn, undecided: share of clients with IPv6 (0.2)
  --wrapped-share S   realistic, all-vpn: share of flows in VLAN, MPLS, PPPoE, GRE, VXLAN or GTP-U (0.3)
  --seed N            (1)
  --labels FILE       also write the VPN flows that are in it, as "sluice evaluate --labels" reads them
  --help

Lengths and IPv4 checksums are right; UDP and TCP checksums are left to the card, as captures at a sending host have them.
`;

const KINDS = { realistic: 15, 'all-vpn': 8, undecided: 100, 'new-flows': 1, active: 10 };
const ORDERS = ['round-robin', 'random'];
/** 2024-12-01T00:00:00Z. */
const START_US = 1_733_011_200_000_000;
const LARGEST_COUNT = 2 ** 31 - 1;
const LABEL_PIECE_LENGTH = 1 << 20;
const TRANSPORT_NAMES = { [Protocol.TCP]: 'tcp', [Protocol.UDP]: 'udp', [Protocol.ESP]: 'esp' };

main();

function main() {
  const { values, positionals } = readArguments();
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (positionals.length !== 1) fail('one file to write is needed');
  const { kind, order } = values;
  if (KINDS[kind] === undefined) fail(`--kind ${kind} is none of ${Object.keys(KINDS).join(', ')}`);
  if (!ORDERS.includes(order)) fail(`--order ${order} is none of ${ORDERS.join(', ')}`);
  const packetCount = wholeNumber(values, 'packets', 100_000);
  const flowCount =
    kind === 'new-flows'
      ? packetCount
      : wholeNumber(values, 'flows', Math.max(1, Math.floor(packetCount / KINDS[kind])));
  if (flowCount > packetCount) fail('there cannot be more flows than packets');
  const concurrentCount = wholeNumber(values, 'concurrent', Math.max(1, Math.min(100_000, Math.floor(flowCount / 2))));
  const plan = {
    packetCount,
    flowCount,
    concurrentCount: Math.min(concurrentCount, flowCount),
    packetRate: wholeNumber(values, 'rate', 100_000),
    seed: wholeNumber(values, 'seed', 1),
    order,
    vpnShare: share(values, 'vpn-share', 0.1),
    ipv6Share: share(values, 'ipv6-share', 0.2),
    wrappedShare: share(values, 'wrapped-share', 0.3),
    startUs: START_US,
  };
  const [path] = positionals;
  process.stdout.write(`${JSON.stringify(generate(kind, plan, path, values.labels))}\n`);
}

/** Writes the capture and answers what is in it. */
function generate(kind, plan, path, labelsPath) {
  const began = performance.now();
  const file = new CaptureFile(path);
  file.pcapHeader();
  const traffic = write(kind, plan, file);
  file.close();
  const vpn = labelsPath === undefined ? countLabels(traffic) : writeLabels(traffic, plan, path, labelsPath);
  return {
    kind,
    seed: plan.seed,
    packets: file.packetCount,
    bytes: file.byteCount,
    flows: traffic === null ? plan.flowCount : traffic.flowCount(),
    concurrent: traffic === null ? plan.flowCount : Math.round(traffic.activeSum / file.packetCount),
    vpn,
    seconds: Number(((performance.now() - began) / 1000).toFixed(2)),
  };
}

function write(kind, plan, file) {
  if (kind === 'new-flows' || kind === 'active') {
    if (kind === 'new-flows') writeNewFlows(plan, file);
    else writeActiveFlows(plan, file);
    return null;
  }
  const mixOf = kind === 'realistic' ? realisticMix : kind === 'all-vpn' ? allVpnMix : undecidedMix;
  const traffic = new MixedTraffic(plan, mixOf(plan), file);
  traffic.run();
  return traffic;
}

/** VPN flows by protocol and stage, as a replay finds them. */
function countLabels(traffic, visit = () => undefined) {
  const counts = {};
  traffic?.visitLabels((kind, ends, stage) => {
    const { protocol } = kind.vpn;
    counts[protocol] ??= { confirmed: 0, suspected: 0 };
    counts[protocol][stage]++;
    visit(kind, ends, stage);
  });
  return counts;
}

function writeLabels(traffic, plan, path, labelsPath) {
  const file = openSync(labelsPath, 'w');
  const flows = traffic === null ? plan.flowCount : traffic.flowCount();
  let text = `[{"file":${JSON.stringify(basename(path))},"flows_total":${flows},"positives":[`;
  let separator = '\n';
  const counts = countLabels(traffic, (kind, ends, stage) => {
    const { clientPort, serverPort } = ends;
    const label = {
      proto: TRANSPORT_NAMES[kind.protocol],
      src: addressText(ends.client, ends.isIpv6, false),
      sport: clientPort,
      dst: addressText(ends.server, ends.isIpv6, true),
      dport: serverPort,
      label: kind.vpn.protocol,
      variant: kind.vpn.variant,
      stage,
      category: kind.name,
    };
    text += separator + JSON.stringify(label);
    separator = ',\n';
    if (text.length < LABEL_PIECE_LENGTH) return;
    writeSync(file, text);
    text = '';
  });
  writeSync(file, `${text}\n]}]\n`);
  closeSync(file);
  return counts;
}

function readArguments() {
  const text = { type: 'string' };
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        kind: { type: 'string', default: 'realistic' },
        order: { type: 'string', default: 'random' },
        packets: text,
        flows: text,
        concurrent: text,
        rate: text,
        seed: text,
        'vpn-share': text,
        'ipv6-share': text,
        'wrapped-share': text,
        labels: text,
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return fail(error.message);
  }
}

function wholeNumber(values, name, otherwise) {
  if (values[name] === undefined) return otherwise;
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1 || value > LARGEST_COUNT) fail(`--${name} must be a whole number from 1`);
  return value;
}

function share(values, name, otherwise) {
  if (values[name] === undefined) return otherwise;
  const value = Number(values[name]);
  if (!(value >= 0 && value <= 1)) fail(`--${name} must be a number from 0 to 1`);
  return value;
}

function fail(message) {
  process.stderr.write(`${message}; see --help\n`);
  process.exit(2);
}

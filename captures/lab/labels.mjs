// Brings labels.json, origin.json and the tables of README.md up to date from what the scenarios wrote.
//
// The scenarios state which flows are VPNs (tab-separated fragments). This script counts the flows of each file
// with tshark, looks up ports that the system chose, and refuses a label whose flow is not in the capture.
// It never looks at a classifier's opinion, neither ours nor tshark's.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

import { sessionOf, sessionOfFlow } from './sessions.mjs';

const options = new Map();
for (let at = 2; at < process.argv.length; at += 2) options.set(process.argv[at], process.argv[at + 1]);
const root = options.get('--captures');
const fragments = options.get('--fragments');
if (root === undefined) {
  process.stderr.write('usage: labels.mjs --captures DIR [--fragments DIR]\n');
  process.exit(2);
}

// tshark names no layer for VXLAN-GPE: what it carries follows UDP at once.
const INNER_OF_UDP = new Set(['vxlan', 'geneve', 'gtp', 'l2tp', 'tzsp', 'ip', 'ipv6', 'eth']);

/**
 * The innermost flow of one packet, from tshark's layer list: {proto, src, sport, dst, dport}, or null for
 * packets that belong to no UDP, TCP, ESP or AH flow. Walks the layers from the outside and stops at ICMP, so
 * that the packet quoted in an ICMP error is not taken for a packet of its flow.
 */
function flowOf(fields) {
  const [layers, ip4s, ip4d, ip6s, ip6d, udps, udpd, tcps, tcpd] = fields.map((text) => text.split(','));
  const names = layers[0] === undefined ? [] : layers[0].split(':');
  const next = { ip: 0, ipv6: 0, udp: 0, tcp: 0 };
  let src = '';
  let dst = '';
  let flow = null;
  for (let at = 0; at < names.length; at++) {
    const name = names[at];
    if (name === 'ip') {
      src = ip4s[next.ip];
      dst = ip4d[next.ip++];
    } else if (name === 'ipv6') {
      src = ip6s[next.ipv6];
      dst = ip6d[next.ipv6++];
    } else if (name === 'icmp' || name === 'icmpv6') {
      return null;
    } else if (name === 'esp' || name === 'ah') {
      return { proto: name, src, sport: 0, dst, dport: 0 };
    } else if (name === 'tcp') {
      return { proto: 'tcp', src, sport: Number(tcps[next.tcp]), dst, dport: Number(tcpd[next.tcp]) };
    } else if (name === 'udp') {
      flow = { proto: 'udp', src, sport: Number(udps[next.udp]), dst, dport: Number(udpd[next.udp++]) };
      // An inner IP header makes a tunnel; without one it is an ordinary UDP flow on a tunnel's port.
      if (!INNER_OF_UDP.has(names[at + 1])) return flow;
      if (!names.slice(at + 1).some((inner) => inner === 'ip' || inner === 'ipv6' || inner === 'arp')) return flow;
      flow = null;
    }
  }
  return flow;
}

const FIELDS = ['frame.protocols', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', 'udp.srcport', 'udp.dstport', 'tcp.srcport', 'tcp.dstport', 'frame.time_epoch'];

function keyOf(flow) {
  const ends = [`${flow.src} ${flow.sport}`, `${flow.dst} ${flow.dport}`].sort();
  return `${flow.proto} ${ends.join(' ')}`;
}

/** A compressed capture unpacked beside the fragments, by the system's own tools; others as they are. */
function unpacked(path) {
  const tool = path.endsWith('.gz') ? ['gzip', '-dc'] : path.endsWith('.zst') ? ['zstd', '-dqc'] : null;
  if (tool === null) return path;
  const plain = join(tmpdir(), `sluice-lab-${process.pid}-${basename(path)}.plain`);
  writeFileSync(plain, execFileSync(tool[0], [tool[1], path], { maxBuffer: 1 << 28 }));
  return plain;
}

/** Tunnels that tshark reads by the port alone. What is made to look like one is none, so it is not asked for them there. */
const BY_PORT = ['vxlan', 'l2tp', 'tzsp', 'jmirror'].flatMap((name) => ['--disable-protocol', name]);

/** A capture as tshark decodes it: {packets, captured: date of the first packet, flows: Map key → first packet's flow}. */
function readFlows(path, condition) {
  const decoders = ['-o', 'tcp.desegment_tcp_streams:FALSE', ...(condition === 'look-alike' ? BY_PORT : [])];
  const lines = execFileSync(
    'tshark',
    ['-n', '-r', path, ...decoders, '-T', 'fields', '-E', 'separator=/t', '-E', 'occurrence=a', '-E', 'aggregator=,', ...FIELDS.flatMap((field) => ['-e', field])],
    { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] },
  ).split('\n');
  lines.pop();
  const flows = new Map();
  const seconds = lines[0]?.split('\t').at(-1) ?? '';
  const captured = seconds === '' ? '' : new Date(Number(seconds) * 1000).toISOString().slice(0, 10);
  for (const line of lines) {
    const flow = flowOf(line.split('\t'));
    if (flow !== null && flow.src !== undefined && !flows.has(keyOf(flow))) flows.set(keyOf(flow), flow);
  }
  // tshark lists custom and unknown pcapng blocks as records of nothing but data; they are no packets.
  return { packets: lines.filter((line) => !line.startsWith('data\t')).length, captured, flows };
}

/**
 * The label with its `?` ports filled in from the capture; `?2` takes the second matching flow by time. Throws
 * where no flow or, without such a number, several flows match.
 */
function resolve(label, flows, file) {
  const wildcard = /^\?(\d*)$/;
  const ordinal = Number(wildcard.exec(label.sport)?.[1] || 0);
  const matches = [];
  for (const flow of flows.values()) {
    for (const end of [flow, { proto: flow.proto, src: flow.dst, sport: flow.dport, dst: flow.src, dport: flow.sport }]) {
      if (
        end.proto === label.proto && end.src === label.src && end.dst === label.dst &&
        (wildcard.test(label.sport) || Number(label.sport) === end.sport) && (wildcard.test(label.dport) || Number(label.dport) === end.dport)
      ) {
        matches.push(end);
        break;
      }
    }
  }
  if (ordinal === 0 ? matches.length !== 1 : matches.length < ordinal) {
    throw new Error(`${file}: label ${label.proto} ${label.src}:${label.sport} → ${label.dst}:${label.dport} matches ${matches.length} flows`);
  }
  const found = matches[Math.max(0, ordinal - 1)];
  return { ...label, sport: found.sport, dport: found.dport };
}

function readJson(name) {
  const path = join(root, name);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
}

const labels = new Map(readJson('labels.json').map((entry) => [entry.file, entry]));
const origins = new Map(readJson('origin.json').map((entry) => [entry.file, entry]));
let problems = 0;

const stated = new Map();
for (const name of fragments === undefined ? [] : readdirSync(fragments).sort()) {
  for (const line of readFileSync(join(fragments, name), 'utf8').split('\n')) {
    if (line === '') continue;
    const [kind, file, ...rest] = line.split('\t');
    if (kind === 'about') {
      stated.set(file, { condition: rest[0], description: rest[1], command: rest[2], positives: [] });
    } else {
      const [proto, src, sport, dst, dport, label, variant, stage, category, optional] = rest;
      // Optional: too little is left of the flow to ask for a finding, and a finding is no mistake.
      const mark = optional === 'optional' ? { optional: true } : {};
      stated.get(file).positives.push({ proto, src, sport, dst, dport, label, variant, stage, ...mark, category });
    }
  }
}
for (const [file, entry] of stated) {
  try {
    const path = join(root, file);
    const plain = unpacked(path);
    const { packets, captured, flows } = readFlows(plain, entry.condition);
    if (plain !== path) unlinkSync(plain);
    if (packets === 0) throw new Error('no packets');
    const positives = entry.positives.map((label) => resolve(label, flows, file));
    labels.set(file, { file, flows_total: flows.size, condition: entry.condition, positives });
    origins.set(file, { file, packets, octets: statSync(path).size, captured, description: entry.description, command: entry.command });
  } catch (error) {
    problems++;
    process.stderr.write(`labels: ${file}: ${error.message.split('\n')[0]}\n`);
  }
}
for (const file of [...labels.keys()]) {
  if (!existsSync(join(root, file))) {
    labels.delete(file);
    origins.delete(file);
  }
}

/** A label's entry with the sessions of the capture and its flows, by the command that made it. */
function withSessions({ file, flows_total, condition, positives }) {
  const { command } = origins.get(file);
  const session = sessionOf(file, command);
  const isRewritten = command.endsWith(' encapsulation');
  return {
    file,
    flows_total,
    condition,
    ...(session === undefined ? {} : { session }),
    positives: positives.map((flow) => (isRewritten ? { ...flow, session: sessionOfFlow(flow) } : flow)),
  };
}

/** Folders without labels: the lab, the golden events, and damaged inputs that once broke something. */
const UNLABELLED = new Set(['lab', 'golden', 'regression']);
for (const folder of readdirSync(root, { withFileTypes: true })) {
  if (!folder.isDirectory() || UNLABELLED.has(folder.name)) continue;
  for (const name of readdirSync(join(root, folder.name))) {
    // A paper beside its capture.
    if (name.endsWith('.md') || labels.has(`${folder.name}/${name}`)) continue;
    problems++;
    process.stderr.write(`labels: ${folder.name}/${name} has no label\n`);
  }
}

const byFile = (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0);
const sortedLabels = [...labels.values()].map(withSessions).sort(byFile);
const sortedOrigins = [...origins.values()].sort(byFile);
const oneEntryPerLine = (entries) => `[\n${entries.map((entry) => JSON.stringify(entry)).join(',\n')}\n]\n`;
writeFileSync(join(root, 'labels.json'), oneEntryPerLine(sortedLabels));
writeFileSync(join(root, 'origin.json'), oneEntryPerLine(sortedOrigins));

// --- README tables ---------------------------------------------------------------------------------------------

function version(command, args, pattern) {
  let text;
  try {
    text = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    text = `${error.stdout ?? ''}${error.stderr ?? ''}`;
  }
  return pattern.exec(text)?.[1] ?? 'not installed';
}

function debianVersion(name) {
  return version('dpkg-query', ['-W', '-f', '${Version}', name], /^(.+)$/m);
}

function flowsText(label) {
  const counts = new Map();
  for (const flow of label.positives) {
    const name = `${flow.label} ${flow.variant}, ${flow.stage}${flow.optional ? ' (optional)' : ''}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  if (counts.size === 0) return 'none';
  return [...counts].map(([name, count]) => (count === 1 ? name : `${count} × ${name}`)).join('; ');
}

function tables() {
  const parts = [];
  const families = [...new Set(sortedOrigins.map((origin) => dirname(origin.file)))];
  const cell = (text) => text.replaceAll('|', '\\|');
  for (const family of families) {
    const members = sortedOrigins.filter((origin) => dirname(origin.file) === family);
    const octets = members.reduce((sum, origin) => sum + origin.octets, 0);
    parts.push(`### ${family}/ (${members.length} captures, ${Math.ceil(octets / 1024)} KiB)\n`);
    parts.push('| capture | packets | flows | VPN flows | what it is | made by |', '|---|---:|---:|---|---|---|');
    for (const origin of members) {
      const label = labels.get(origin.file);
      parts.push(`| ${basename(origin.file)} | ${origin.packets} | ${label.flows_total} | ${flowsText(label)} | ${cell(origin.description)} | \`${cell(origin.command)}\` |`);
    }
    parts.push('');
  }
  return parts.join('\n');
}

function tools() {
  const packages = ['tcpdump', 'tshark', 'wireguard-go', 'wireguard-tools', 'openvpn', 'openssl', 'charon-systemd', 'ike-scan', 'python3-scapy', 'tinyproxy', 'microsocks',
    'dnsmasq', 'openssh-server', 'chrony', 'snmpd', 'tftpd-hpa', 'xl2tpd', 'coturn', 'sip-tester', 'ffmpeg', 'iperf3', 'nmap', 'rsyslog', 'avahi-daemon', 'syncthing',
    'mosh', 'tinc', 'bird2', 'linuxptp', 'memcached', 'transmission-cli', 'freeradius', 'rpcbind', 'dante-server', 'haproxy', 'faketime'];
  const rows = packages.map((name) => [name, debianVersion(name)]).filter(([, text]) => text !== 'not installed');
  return `${rows.map(([name, text]) => `${name} ${text}`).join(', ')}, Node ${process.versions.node}.\n`;
}

function dates() {
  const all = [...new Set(sortedOrigins.filter((origin) => !/^(encapsulation|condition)\//.test(origin.file)).map((origin) => origin.captured))].filter((text) => text !== '').sort();
  if (all.length === 0) return '';
  return all.length === 1 ? `Recorded on ${all[0]}.\n` : `Recorded between ${all[0]} and ${all.at(-1)}.\n`;
}

const readmePath = join(root, 'README.md');
if (existsSync(readmePath)) {
  let text = readFileSync(readmePath, 'utf8');
  for (const [name, content] of [['tables', tables()], ['tools', `${tools()}${dates()}`]]) {
    const begin = `<!-- ${name}: written by lab/labels.mjs -->`;
    const end = `<!-- end of ${name} -->`;
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from >= 0 && to > from) text = `${text.slice(0, from + begin.length)}\n\n${content}\n${text.slice(to)}`;
  }
  writeFileSync(readmePath, text);
}
const total = sortedOrigins.reduce((sum, origin) => sum + origin.octets, 0);
process.stderr.write(`labels: ${sortedLabels.length} captures, ${Math.ceil(total / 1024)} KiB\n`);
process.exit(problems === 0 ? 0 : 1);

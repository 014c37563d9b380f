// Rewrites the lab's own captures into every link layer, encapsulation and condition, with labels.
//
// usage: encapsulate.mjs --captures DIR --fragments DIR [--only GLOB]
//
// The base is a mixture of short sessions, each cut to its first packets, moved to one point in time and interleaved:
// WireGuard over IPv4 and IPv6, OpenVPN over UDP and TCP, IKEv2 with ESP in UDP, native ESP, and DNS as a flow
// that is no VPN. So every file has every protocol, and its labels are those of the sessions. The output is a function of the
// committed captures alone.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { CONDITIONS } from './conditions.mjs';
import { open, readPcap, writePcap } from './frames.mjs';
import { SESSIONS } from './sessions.mjs';
import { WRAPPERS } from './wrappers.mjs';

const options = new Map();
for (let at = 2; at < process.argv.length; at += 2) options.set(process.argv[at], process.argv[at + 1]);
const root = options.get('--captures');
const fragments = options.get('--fragments');
if (root === undefined || fragments === undefined) {
  process.stderr.write('usage: encapsulate.mjs --captures DIR --fragments DIR [--only GLOB]\n');
  process.exit(2);
}
const only = new RegExp(`^${(options.get('--only') ?? '*').replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`);

/** The first packets of a session with its own spacing, from `start` on; ARP, ICMP errors and the like are left out. */
function excerpt({ file, count }, start) {
  const frames = readPcap(join(root, file)).filter((frame) => {
    const type = frame.bytes.readUInt16BE(12);
    const protocol = type === 0x0800 ? frame.bytes[23] : type === 0x86dd ? frame.bytes[20] : 0;
    return [6, 17, 50, 51].includes(protocol);
  }).slice(0, count);
  const shift = start - frames[0].time;
  return frames.map((frame) => ({ ...frame, time: frame.time + shift }));
}

const START = 1_760_000_000_000_000_000n;
const bases = SESSIONS.map((session, at) => ({ ...session, frames: excerpt(session, START + BigInt(at) * 1_500_000n) }));
// Alone, the TCP and IKE sessions are a little longer.
const alone = SESSIONS.map((session) => ({ ...session, frames: excerpt({ ...session, count: session.kind === 'tcp' ? 22 : 16 }, START) }));
const byTime = (a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0);

/** The base, or only its sessions of one kind or IP version. */
function mixture(filter, sessions = bases) {
  const chosen = sessions.filter(filter);
  return { frames: chosen.flatMap((session) => session.frames).sort(byTime), labels: chosen.flatMap((session) => session.labels) };
}

/** `scenario` is what --only calls it. */
function write(folder, name, extension, octets, condition, text, labels, scenario = name) {
  const file = `${folder}/${name}.${extension}`;
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, file), octets);
  const lines = [['about', file, condition, text, `captures/lab/run --only ${scenario} encapsulation`]];
  for (const label of labels) {
    const { proto, src, sport, dst, dport, variant, stage, optional } = label;
    lines.push(['positive', file, proto, src, sport, dst, dport, label.label, variant, stage, condition, ...(optional ? ['optional'] : [])]);
  }
  writeFileSync(join(fragments, `${folder}.${name}.tsv`), lines.map((line) => `${line.join('\t')}\n`).join(''));
}

for (const [name, { link = 1, endian, only: version, text, before, like, wrap }] of Object.entries(WRAPPERS)) {
  if (!only.test(name)) continue;
  const { frames, labels } = mixture((session) => version === undefined || session.version === version);
  const wrapped = frames.map((frame, number) => {
    const bytes = wrap(open(frame), number);
    return { time: frame.time, bytes, original: bytes.length };
  });
  const first = (before?.() ?? []).map((bytes, at) => ({ time: START + BigInt(at - 10) * 1000n, bytes, original: bytes.length }));
  const octets = writePcap([...first, ...wrapped], { link, endian });
  if (like) write('negative', `like-${name.replace(/-like$/, '')}`, 'pcap', octets, 'look-alike', text, [], name);
  else write('encapsulation', name, 'pcap', octets, name, text, labels);
}

for (const [name, { only: kind, text, frames: change, octets, pcap, snaplen, extension = 'pcap', stage, turned, flow, undecidable }] of Object.entries(CONDITIONS)) {
  if (!only.test(name)) continue;
  const { frames, labels } = kind === undefined ? mixture(() => true) : mixture((session) => session.kind === kind, alone);
  const made = change?.(frames);
  const present = made === undefined ? labels : labels.filter((label) => made.some((frame) => carries(frame, label)) || flow !== undefined);
  const final = flow === undefined ? present : present.slice(0, 1).map((label) => ({ ...label, ...flow }));
  write('condition', name, extension, octets?.(frames) ?? writePcap(made, { ...pcap, snaplen }), name, text, final.map((label) => {
    const seen = { ...label, stage: stage?.(label) ?? label.stage, ...(undecidable?.(label) ? { optional: true } : {}) };
    return turned?.(label) ? { ...seen, src: label.dst, sport: label.dport, dst: label.src, dport: label.sport } : seen;
  }));
}

/** Whether a frame could belong to the label's session: an address of it appears in the octets. */
function carries(frame, label) {
  const octets = label.src.includes(':') ? addressOctets6(label.src) : Buffer.from(label.src.split('.').map(Number));
  const protocol = { udp: 17, tcp: 6, esp: 50 }[label.proto];
  return frame.bytes.includes(octets) && (label.src.includes(':') || frame.bytes.includes(Buffer.from([protocol])));
}

function addressOctets6(text) {
  const [head, tail] = text.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  return Buffer.concat([...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail].map((group) => Buffer.from(group.padStart(4, '0'), 'hex')));
}

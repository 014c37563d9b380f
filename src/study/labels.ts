/**
 * Labels of captures: the flows of each file that are a VPN, with the stage and variant that can be found. The file is
 * a JSON array with an entry for each capture; flows that an entry does not list are not a VPN.
 *
 *   [{ "file": "a.pcap", "flows_total": 3, "condition": "handshake", "positives": [
 *      { "proto": "udp", "src": "192.0.2.1", "sport": 4000, "dst": "198.51.100.7", "dport": 51820, "label": "wireguard",
 *        "variant": "standard", "stage": "confirmed", "category": "handshake" }] }]
 *
 * `condition`, `variant` and `stage` may be missing. An `optional` flow may be found or not: findings of its label, or
 * of those in `accept`, are not counted. Other fields are comments.
 */
import { z } from 'zod';
import { formatAddress } from '../core/ip-address.ts';
import { IssueList } from '../core/issue.ts';
import { type Protocol, PROTOCOL_NAMES } from '../core/protocol.ts';
import { type Stage, STAGE_NAMES } from '../dataplane/fingerprint/finding.ts';
import { PrefixParser } from '../registry/prefix.ts';

export interface FlowLabel {
  /** udp, tcp, esp or ah. */
  readonly proto: string;
  /** Addresses in the form in which events show them. */
  readonly src: string;
  readonly sport: number;
  readonly dst: string;
  readonly dport: number;
  /** The flow's protocol; NONE for a protocol that Sluice does not find, which only an optional flow may have. */
  readonly protocol: Protocol;
  readonly variant: string | undefined;
  readonly stage: Stage | undefined;
  readonly category: string;
  readonly optional: boolean;
  /** Protocols that may be found in an optional flow. */
  readonly accepted: readonly Protocol[];
}

export interface CaptureLabels {
  /** Path of the capture below the labels' root. */
  readonly file: string;
  readonly flowCount: number;
  readonly condition: string | undefined;
  readonly flows: readonly FlowLabel[];
}

const VPN_NAMES = PROTOCOL_NAMES.slice(1) as readonly string[];
const FINDING_STAGES = STAGE_NAMES.slice(1) as readonly string[];
const TRANSPORTS = ['udp', 'tcp', 'esp', 'ah'] as const;

const name = z.string({ error: 'must be a name' }).min(1, { error: 'must not be empty' });
const parser = new PrefixParser();
const address = z.string({ error: 'must be an address' }).transform((text, context) => {
  if (parser.parseAddress(text)) return formatAddress(parser.word0, parser.word1, parser.word2, parser.word3);
  context.addIssue({ code: 'custom', message: parser.message });
  return z.NEVER;
});
const PORT = { error: 'must be a port number' };
const COUNT = { error: 'must be a count' };
const port = z.int(PORT).min(0, PORT).max(65_535, PORT);
const flag = z.boolean({ error: 'must be true or false' });

const flowShape = z
  .object({
    proto: z.enum(TRANSPORTS, { error: `must be ${orList(TRANSPORTS)}` }),
    src: address,
    sport: port,
    dst: address,
    dport: port,
    label: name,
    variant: name.optional(),
    stage: z.enum(FINDING_STAGES, { error: `must be ${orList(FINDING_STAGES)}` }).optional(),
    category: name,
    optional: flag.default(false),
    accept: z.array(z.enum(VPN_NAMES, { error: `must be ${orList(VPN_NAMES)}` })).optional(),
  })
  .refine((flow) => flow.optional || VPN_NAMES.includes(flow.label), {
    path: ['label'],
    error: `must be ${orList(VPN_NAMES)}, as the flow is not optional`,
  });

const captureShape = z.object({
  file: name,
  flows_total: z.int(COUNT).min(0, COUNT),
  condition: name.optional(),
  positives: z.array(flowShape, { error: 'must be a list of flows' }),
});

const labelsShape = z.array(captureShape, { error: 'labels are a list with an entry for each capture' });

function orList(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)!}`;
}

export interface LabelsResult {
  readonly labels: readonly CaptureLabels[] | undefined;
  readonly issues: IssueList;
}

/** Parses a labels file; `file` is the name that issues show. Never throws. */
export function parseLabels(text: string, file: string): LabelsResult {
  const issues = new IssueList(file);
  const value = parseJson(text, issues);
  if (value === undefined) return { labels: undefined, issues };
  const result = labelsShape.safeParse(value);
  if (!result.success) {
    for (const { path, message } of result.error.issues) issues.error(0, 0, `${place(path, value)}: ${message}`);
    return { labels: undefined, issues };
  }
  const seen = new Set<string>();
  for (const { file: path } of result.data) {
    if (seen.has(path)) issues.error(0, 0, `${path}: this capture has two entries`);
    seen.add(path);
  }
  return { labels: issues.ok ? result.data.map(captureLabels) : undefined, issues };
}

function parseJson(text: string, issues: IssueList): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const position = /position (\d+)/.exec(message)?.[1];
    const before = position === undefined ? [] : text.slice(0, Number(position)).split('\n');
    issues.error(before.length, (before.at(-1)?.length ?? -1) + 1, `not JSON: ${message}`);
    return undefined;
  }
}

/** A path into the labels in words, with the name of the capture where it is known. */
function place(path: readonly PropertyKey[], value: unknown): string {
  const [entry, ...rest] = path;
  if (typeof entry !== 'number') return 'labels';
  const file = (value as { file?: unknown }[])[entry]?.file;
  const shown = typeof file === 'string' ? `entry ${entry} (${file})` : `entry ${entry}`;
  return [shown, ...rest.map(String)].join(' ');
}

function captureLabels(shape: z.infer<typeof captureShape>): CaptureLabels {
  return {
    file: shape.file,
    flowCount: shape.flows_total,
    condition: shape.condition,
    flows: shape.positives.map((flow) => ({
      proto: flow.proto,
      src: flow.src,
      sport: flow.sport,
      dst: flow.dst,
      dport: flow.dport,
      protocol: protocolOf(flow.label),
      variant: flow.variant,
      stage: flow.stage === undefined ? undefined : (STAGE_NAMES.indexOf(flow.stage as 'confirmed') as Stage),
      category: flow.category,
      optional: flow.optional,
      accepted: (flow.accept ?? [flow.label]).map(protocolOf),
    })),
  };
}

/** The code of a protocol's name; NONE for a protocol that Sluice does not find. */
function protocolOf(label: string): Protocol {
  return Math.max(0, (PROTOCOL_NAMES as readonly string[]).indexOf(label)) as Protocol;
}

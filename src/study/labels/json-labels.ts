/**
 * Labels as JSON: the flows of each file that are a VPN, with the stage and variant that can be found. The file is a
 * list with an entry for each capture, or an object that also says where the captures are from; flows that an entry
 * does not list are not a VPN.
 *
 *   { "origin": "field", "captures": [
 *     { "file": "a.pcap", "flows_total": 3, "condition": "handshake", "session": "a", "positives": [
 *    { "proto": "udp", "src": "192.0.2.1", "sport": 4000, "dst": "198.51.100.7", "dport": 51820, "label": "wireguard",
 *         "variant": "standard", "stage": "confirmed", "category": "handshake" }] }] }
 *
 * `condition`, `session`, `variant` and `stage` may be missing. An `optional` flow may be found or not: findings of its
 * label, or of those in `accept`, are not counted. Other fields are comments.
 */
import { z } from 'zod';
import { formatAddress } from '../../core/ip-address.ts';
import { IssueList } from '../../core/issue.ts';
import { PrefixParser } from '../../registry/prefix.ts';
import {
  type CaptureLabels,
  FINDING_STAGES,
  type LabelsResult,
  ORIGINS,
  orList,
  protocolOf,
  stageOf,
  VPN_NAMES,
} from './capture-labels.ts';
import { jsonErrorOffset, jsonOffsets, type JsonPath, placeAt } from './json-places.ts';

/** What JSON.parse adds to some messages; Node 26 adds the line too. */
const POSITION = /( in JSON at position \d+.*|, .* is not valid JSON)$/s;

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
  .object(
    {
      proto: z.enum(TRANSPORTS, { error: `must be ${orList(TRANSPORTS)}` }),
      src: address,
      sport: port,
      dst: address,
      dport: port,
      label: name,
      variant: name.optional(),
      stage: z.enum(FINDING_STAGES, { error: `must be ${orList(FINDING_STAGES)}` }).optional(),
      category: name,
      session: name.optional(),
      optional: flag.default(false),
      accept: z.array(z.enum(VPN_NAMES, { error: `must be ${orList(VPN_NAMES)}` })).optional(),
    },
    { error: 'must be an object that describes a flow' },
  )
  .refine((flow) => flow.optional || VPN_NAMES.includes(flow.label), {
    path: ['label'],
    error: `must be ${orList(VPN_NAMES)}, as the flow is not optional`,
  });

const captureShape = z.object(
  {
    file: name,
    flows_total: z.int(COUNT).min(0, COUNT),
    condition: name.optional(),
    session: name.optional(),
    positives: z.array(flowShape, { error: 'must be a list of flows' }),
  },
  { error: 'must be an object with file, flows_total and positives' },
);

const captureList = z.array(captureShape, { error: 'labels are a list with an entry for each capture' });
const labelsObject = z.object({
  origin: z.enum(ORIGINS, { error: `must be ${orList(ORIGINS)}` }).optional(),
  captures: captureList,
});

/** Parses labels; `file` is the name that issues show. Never throws. */
export function parseJsonLabels(text: string, file: string): LabelsResult {
  const issues = new IssueList(file);
  const value = parseJson(text, issues);
  if (value === undefined) return { labels: undefined, issues };
  const isList = Array.isArray(value);
  const result = labelsObject.safeParse(isList ? { captures: value } : value);
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => {
      const own = isList ? path.slice(1) : path;
      return { path: own, message: `${wordsFor(path, value)}: ${message}` };
    });
    reportAt(text, problems, issues);
    return { labels: undefined, issues };
  }
  const { origin = null, captures } = result.data;
  reportAt(text, repeatedFiles(captures, isList ? [] : ['captures']), issues);
  return { labels: issues.ok ? { origin, captures: captures.map(captureLabels) } : undefined, issues };
}

function parseJson(text: string, issues: IssueList): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const { message } = error as SyntaxError;
    issues.error(...placeAt(text, jsonErrorOffset(text, message)), `not JSON: ${message.replace(POSITION, '')}`);
    return undefined;
  }
}

interface PlacedProblem {
  readonly path: JsonPath;
  readonly message: string;
}

function reportAt(text: string, problems: readonly PlacedProblem[], issues: IssueList): void {
  if (problems.length === 0) return;
  const offsets = jsonOffsets(
    text,
    problems.map(({ path }) => path),
  );
  for (const [i, { message }] of problems.entries()) issues.error(...placeAt(text, offsets[i]!), message);
}

function repeatedFiles(captures: readonly { readonly file: string }[], list: JsonPath): PlacedProblem[] {
  const seen = new Set<string>();
  const problems: PlacedProblem[] = [];
  for (const [at, { file }] of captures.entries()) {
    if (seen.has(file)) problems.push({ path: [...list, at], message: `${file}: this capture has two entries` });
    seen.add(file);
  }
  return problems;
}

/** A path into the labels in words, with the name of the capture where it is known. */
function wordsFor(path: JsonPath, value: unknown): string {
  const [, entry, ...rest] = path;
  if (typeof entry !== 'number') return path.join(' ') || 'labels';
  const captures = (Array.isArray(value) ? value : (value as { captures: unknown }).captures) as { file?: unknown }[];
  const file = captures[entry]?.file;
  const shown = typeof file === 'string' ? `entry ${entry} (${file})` : `entry ${entry}`;
  return [shown, ...rest.map(String)].join(' ');
}

function captureLabels(shape: z.infer<typeof captureShape>): CaptureLabels {
  return {
    file: shape.file,
    flowCount: shape.flows_total,
    condition: shape.condition,
    session: shape.session,
    flows: shape.positives.map((flow) => ({
      proto: flow.proto,
      src: flow.src,
      sport: flow.sport,
      dst: flow.dst,
      dport: flow.dport,
      protocol: protocolOf(flow.label),
      variant: flow.variant,
      stage: flow.stage === undefined ? undefined : stageOf(flow.stage),
      category: flow.category,
      session: flow.session,
      optional: flow.optional,
      accepted: (flow.accept ?? [flow.label]).map(protocolOf),
    })),
  };
}

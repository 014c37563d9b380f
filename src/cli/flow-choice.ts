/**
 * The flow that a user selects: by flow_id, Community ID, its two ends, or one of its packets. Ids and addresses are
 * compared in their shown form, according to `--addresses`.
 */
import type { FlowIdentity } from '../decision/flow-record.ts';
import type { EventFields } from '../output/event/event-fields.ts';
import type { ShowAddress } from '../output/event/shown-address.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import type { PacketKey } from './flow-of-packet.ts';
import { parseTuple, type Tuple } from './tuple-text.ts';

export interface FlowChoiceFlags {
  readonly flow?: string;
  readonly communityId?: string;
  readonly tuple?: string;
  readonly packet?: number;
}

export interface FlowChoice {
  /** Describes the selection; follows "no flow" in messages. */
  readonly what: string;
  /**
   * The number of the selected packet: of the matching flows, the last one that began before it is meant. Else null.
   */
  readonly packet: number | null;
  matches(flow: FlowIdentity): boolean;
  /** True for a flow between the same addresses, a suggestion if none matches. */
  isNear(flow: FlowIdentity): boolean;
}

const FLOW_ID = /^[0-9a-f]{16}$/;
const COMMUNITY_ID = /^1:[A-Za-z0-9+/]{27}=$/;
const WAYS = '--flow ID, --community-id ID, --tuple A:P-B:P or --packet N';

/** Throws CommandError unless exactly one way of selection is used. */
export function checkFlowChoice({ flow, communityId, tuple, packet }: FlowChoiceFlags): void {
  const given = [flow, communityId, tuple, packet].filter((value) => value !== undefined).length;
  if (given === 0) refuse(`name the flow by ${WAYS}`);
  if (given > 1) refuse(`name the flow in one way: ${WAYS}`);
  if (flow !== undefined && !FLOW_ID.test(flow))
    refuse(`--flow ${flow}: a flow id is 16 digits from 0 to f, as flow_id in events`);
  if (communityId !== undefined && !COMMUNITY_ID.test(communityId))
    refuse(`--community-id ${communityId}: a Community ID is "1:" and 28 characters, as community_id in events`);
  const parsed = tuple === undefined ? null : parseTuple(tuple);
  if (typeof parsed === 'string') refuse(`--tuple ${tuple!}: ${parsed}`);
}

/** The selection from checked flags. `key` is the packet's flow key, if a packet is selected. */
export function flowChoice(
  flags: FlowChoiceFlags,
  fields: EventFields,
  show: ShowAddress,
  key: PacketKey | null,
): FlowChoice {
  const isNear = (): boolean => false;
  if (flags.flow !== undefined) {
    const { flow: id } = flags;
    return { what: `with the id ${id}`, packet: null, isNear, matches: (flow) => fields.flowId(flow) === id };
  }
  if (flags.communityId !== undefined) {
    const { communityId: id } = flags;
    return {
      what: `with the Community ID ${id}`,
      packet: null,
      isNear,
      matches: (flow) => fields.communityId(flow) === id,
    };
  }
  if (key !== null) {
    const packet = flags.packet!;
    const matches = (flow: FlowIdentity): boolean => flow.firstPacket <= packet && hasKey(flow, key);
    return { what: `of packet ${packet}`, packet, isNear, matches };
  }
  return tupleChoice(flags.tuple!, show);
}

function tupleChoice(text: string, show: ShowAddress): FlowChoice {
  const tuple = parseTuple(text) as Tuple;
  const [one, other] = tuple.ends;
  const source = new Int32Array(4);
  const destination = new Int32Array(4);
  const read = (flow: FlowIdentity): void => {
    show(flow.source, source);
    show(flow.destination, destination);
  };
  return {
    what: `of the tuple ${text}`,
    packet: null,
    matches(flow) {
      if (!tuple.transports.includes(flow.transport)) return false;
      read(flow);
      const isForth = isPort(one.port, flow.sourcePort) && isPort(other.port, flow.destinationPort);
      const isBack = isPort(other.port, flow.sourcePort) && isPort(one.port, flow.destinationPort);
      return (
        (isForth && isSame(one.words, source) && isSame(other.words, destination)) ||
        (isBack && isSame(other.words, source) && isSame(one.words, destination))
      );
    },
    isNear(flow) {
      read(flow);
      return (
        (isSame(one.words, source) && isSame(other.words, destination)) ||
        (isSame(other.words, source) && isSame(one.words, destination))
      );
    },
  };
}

function hasKey(flow: FlowIdentity, key: PacketKey): boolean {
  if (flow.transport !== key.transport || flow.domain !== key.domain) return false;
  const isForth = flow.sourcePort === key.sourcePort && flow.destinationPort === key.destinationPort;
  const isBack = flow.sourcePort === key.destinationPort && flow.destinationPort === key.sourcePort;
  return (
    (isForth && isSame(key.source, flow.source) && isSame(key.destination, flow.destination)) ||
    (isBack && isSame(key.destination, flow.source) && isSame(key.source, flow.destination))
  );
}

function isPort(written: number | null, port: number): boolean {
  return written === null || written === port;
}

function isSame(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return a[3] === b[3] && a[2] === b[2] && a[1] === b[1] && a[0] === b[0];
}

function refuse(message: string): never {
  throw new CommandError(message, ExitCode.WRONG_USAGE);
}

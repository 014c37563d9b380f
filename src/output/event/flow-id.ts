/**
 * The flow_id of events: the first 16 hexadecimal digits of the SHA-1 over the flow's shown tuple, encapsulation and
 * first packet. It is the same in every run.
 *
 * The hashed text is `17|0,0,65535,-1062731511,51820|0,0,65535,167772162,40000|domain|packet|time`. It has the two ends
 * in the order of their texts, not by role: the roles may be swapped later, and the id must not change with them.
 */
import { isMappedIpv4 } from '../../core/ip-address.ts';
import type { FlowIdentity } from '../../decision/flow-record.ts';
import { ByteLiteral } from './byte-literal.ts';
import { ByteWriter } from './byte-writer.ts';
import { digest, sha1 } from './sha1.ts';

const COMMA = 44;
const BAR = 124;
/** The words before an IPv4 address. */
const IPV4_BEGIN = new ByteLiteral('0,0,65535,');

const text = new ByteWriter();
const sourceEnd = new ByteWriter();
const destinationEnd = new ByteWriter();

/** The flow_id of a flow with these shown addresses. */
export function flowId(flow: FlowIdentity, source: Int32Array, destination: Int32Array): string {
  hashFlow(flow, source, destination);
  text.length = 0;
  putFlowId(text, digest[0]!, digest[1]!);
  return text.takeString();
}

/** Appends the id that consists of the first two words of a digest. */
export function putFlowId(into: ByteWriter, high: number, low: number): void {
  into.putHex(high, 8);
  into.putHex(low, 8);
}

/** Leaves the hash of a flow in `digest`. */
export function hashFlow(flow: FlowIdentity, source: Int32Array, destination: Int32Array): void {
  putEnd(sourceEnd, source, flow.sourcePort);
  putEnd(destinationEnd, destination, flow.destinationPort);
  const inOrder = isBefore(sourceEnd, destinationEnd);
  const first = inOrder ? sourceEnd : destinationEnd;
  const second = inOrder ? destinationEnd : sourceEnd;
  text.length = 0;
  text.putNumber(flow.transport);
  text.putCharacter(BAR);
  text.putCopy(first.view, 0, first.length);
  text.putCharacter(BAR);
  text.putCopy(second.view, 0, second.length);
  text.putCharacter(BAR);
  text.putNumber(flow.domain);
  text.putCharacter(BAR);
  text.putNumber(flow.firstPacket);
  text.putCharacter(BAR);
  text.putNumber(flow.firstTimeUs);
  sha1(text.view, text.length);
}

function putEnd(end: ByteWriter, address: Int32Array, port: number): void {
  end.length = 0;
  if (isMappedIpv4(address[0]!, address[1]!, address[2]!)) {
    end.put(IPV4_BEGIN);
  } else {
    for (let word = 0; word < 3; word++) {
      end.putNumber(address[word]!);
      end.putCharacter(COMMA);
    }
  }
  end.putNumber(address[3]!);
  end.putCharacter(COMMA);
  end.putNumber(port);
}

/** True if the first text sorts before the second, byte by byte. */
function isBefore(first: ByteWriter, second: ByteWriter): boolean {
  const both = Math.min(first.length, second.length);
  for (let i = 0; i < both; i++) {
    const difference = first.bytes[i]! - second.bytes[i]!;
    if (difference !== 0) return difference < 0;
  }
  return first.length < second.length;
}

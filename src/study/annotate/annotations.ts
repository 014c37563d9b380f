/**
 * What a replay leaves for the annotated copy of its captures: for each capture the VPN flows, by the numbers of their
 * first packets, and the comments, by the numbers of the packets that get them.
 *
 * Memory: 8 bytes for each VPN flow, and the texts of comments up to a limit. Comments beyond it are counted.
 */
import type { DecisionSink } from '../../decision/decision-sink.ts';
import type { EventFields } from '../../output/event/event-fields.ts';
import { decisionComment, evidenceComment, evidenceText } from './packet-comments.ts';

/** Characters of all comments. */
const TEXT_LIMIT = 64_000_000;
/** Comments of one packet: the first packet of a tunnel may be evidence of many flows. */
const COMMENTS_OF_PACKET = 32;

/** One capture of one or more files. */
export interface CaptureAnnotations {
  readonly files: string[];
  /** First packets of the VPN flows, in the order in which these were found. */
  readonly flows: number[];
  readonly comments: Map<number, string[]>;
}

export class Annotations {
  readonly captures: CaptureAnnotations[] = [];
  /** Comments that are kept, and that are left out. */
  count = 0;
  omittedCount = 0;
  private readonly fields: EventFields;
  private readonly textLimit: number;
  private textLength = 0;

  constructor(fields: EventFields, textLimit = TEXT_LIMIT) {
    this.fields = fields;
    this.textLimit = textLimit;
  }

  /** If no packets of its own capture precede a file, a new capture begins. */
  beginFile(file: string, packetsBefore: number): void {
    if (packetsBefore === 0) this.captures.push({ files: [], flows: [], comments: new Map() });
    this.captures.at(-1)!.files.push(file);
  }

  /** A sink that keeps what is needed and passes everything on to another. */
  sinkBefore(next: DecisionSink): DecisionSink {
    return {
      ...next,
      decided: (flow, decision, timeUs, packet) => {
        next.decided?.(flow, decision, timeUs, packet);
        const { flows, comments } = this.captures.at(-1)!;
        if (decision.previous === null) flows.push(flow.firstPacket);
        const event = this.fields.decisionEvent('', flow, decision, timeUs, packet);
        for (const entry of event.vpn.evidence) {
          const text = evidenceText(event, entry);
          // A later decision repeats the evidence of those before it.
          const isKnown = comments.get(entry.packet)?.some((comment) => comment.endsWith(text)) === true;
          if (!isKnown) this.add(comments, entry.packet, evidenceComment(event, text));
        }
        this.add(comments, packet, decisionComment(event));
      },
    };
  }

  private add(comments: Map<number, string[]>, packet: number, comment: string): void {
    const list = comments.get(packet);
    if (list?.length === COMMENTS_OF_PACKET || this.textLength + comment.length > this.textLimit) {
      this.omittedCount++;
      return;
    }
    this.textLength += comment.length;
    this.count++;
    if (list === undefined) comments.set(packet, [comment]);
    else list.push(comment);
  }
}

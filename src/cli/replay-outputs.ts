/** The files and streams for a replay's events and packets. */
import { Outcome } from '../dataplane/host/outcome.ts';
import type { DecisionSink } from '../decision/decision-sink.ts';
import type { PacketSink } from '../pipeline/session.ts';
import { NO_FINDING } from '../dataplane/host/finding.ts';
import { CaptureWriter } from '../output/capture/capture-writer.ts';
import type { EventFields } from '../output/event/event-fields.ts';
import type { EventLines } from '../output/event/event-line.ts';
import { LineOutput } from '../output/log/line-output.ts';
import { PacketFiles } from '../output/event/packet-files.ts';
import { openTable } from '../output/table/event-output.ts';
import type { TableOutput } from '../output/table/table-output.ts';
import { isPcapngPath, type OutputPaths } from './output-paths.ts';
import type { VpnOnlyFlag } from './vpn-only-flag.ts';

export interface OutputFlags extends OutputPaths, VpnOnlyFlag {
  readonly force?: boolean;
}

/** The outputs of events that are tables. */
interface ReplayTables {
  readonly decisions: TableOutput | null;
  readonly flows: TableOutput | null;
}

export class ReplayOutputs {
  readonly files = new PacketFiles();
  readonly sink: DecisionSink;
  readonly packetSink: PacketSink | null;
  private readonly decisions: LineOutput | TableOutput | null;
  private readonly flows: LineOutput | TableOutput | null;
  private readonly forwarded: CaptureWriter | null;
  private readonly dropped: CaptureWriter | null;
  private readonly flags: OutputFlags;
  private hasBegun = false;

  private constructor(flags: OutputFlags, lines: EventLines, tables: ReplayTables, fields: EventFields) {
    const { files } = this;
    this.flags = flags;
    const decisions = tables.decisions ?? (flags.decisions === undefined ? null : new LineOutput(flags.decisions));
    const flows = tables.flows ?? (flags.flows === undefined ? null : new LineOutput(flags.flows));
    const forwarded = openWriter(flags.forwarded, flags.force === true);
    const dropped = openWriter(flags.dropped, flags.force === true);
    this.decisions = decisions;
    this.flows = flows;
    this.forwarded = forwarded;
    this.dropped = dropped;
    this.sink = {
      ...(decisions !== null && {
        decided: (flow, decision, timeUs, packet) => {
          if (decisions instanceof LineOutput)
            lines.putDecision(decisions.text, files.current, flow, decision, timeUs, packet);
          else decisions.write(fields.decisionEvent(files.current, flow, decision, timeUs, packet));
        },
      }),
      ...(flows !== null && {
        ended: (flow, decision, reason) => {
          if (flags.vpnOnly === true && flow.finding === NO_FINDING) return;
          const file = files.of(flow.firstPacket);
          if (flows instanceof LineOutput) lines.putFlow(flows.text, file, flow, decision, reason);
          else flows.write(fields.flowEvent(file, flow, decision, reason));
        },
      }),
    } satisfies DecisionSink;
    this.packetSink =
      forwarded === null && dropped === null
        ? null
        : {
            packet: (batch, row, outcome, delayUs) => {
              if (!this.hasBegun) this.begin(batch.linkType[row]!);
              (outcome === Outcome.DROPPED ? dropped : forwarded)?.write(batch, row, delayUs);
            },
          };
  }

  static async open(flags: OutputFlags, lines: EventLines, fields: EventFields): Promise<ReplayOutputs> {
    const tables = {
      decisions: await openTable(flags.decisions, 'decision'),
      flows: await openTable(flags.flows, 'flow'),
    };
    return new ReplayOutputs(flags, lines, tables, fields);
  }

  /** If no packets of its own capture precede a file, a new capture begins. */
  beginFile(file: string, packetsBefore: number): void {
    if (packetsBefore === 0) this.files.clear();
    this.files.begin(file, packetsBefore);
    if (packetsBefore > 0) return;
    this.forwarded?.endCapture();
    this.dropped?.endCapture();
  }

  async settle(): Promise<void> {
    await this.decisions?.settle();
    await this.flows?.settle();
  }

  async close(): Promise<void> {
    await this.decisions?.close();
    await this.flows?.close();
    for (const writer of [this.forwarded, this.dropped]) {
      writer?.close();
      for (const remark of writer?.remarks ?? []) process.stderr.write(`sluice: ${remark}\n`);
    }
  }

  /** Paths of additional files of an output. */
  filesBeside(output: string): readonly string[] {
    const writer =
      output === this.flags.forwarded ? this.forwarded : output === this.flags.dropped ? this.dropped : null;
    return writer?.filesBeside ?? [];
  }

  /** Both captures begin with the link type of the first packet, regardless of its outcome. */
  private begin(linkType: number): void {
    this.hasBegun = true;
    this.forwarded?.begin(linkType);
    this.dropped?.begin(linkType);
  }
}

function openWriter(path: string | undefined, overwrites: boolean): CaptureWriter | null {
  return path === undefined ? null : new CaptureWriter(path, { isPcapng: isPcapngPath(path), overwrites });
}

/** The files and streams that a replay's events and packets go to. */
import { Outcome } from '../enforcement/outcome.ts';
import type { DecisionSink } from '../engine/decision-sink.ts';
import type { PacketSink } from '../engine/pipeline.ts';
import { NO_FINDING } from '../fingerprint/finding.ts';
import { CaptureWriter } from '../output/capture-writer.ts';
import type { EventLines } from '../output/event-line.ts';
import { LineOutput } from '../output/line-output.ts';
import { CommandError, ExitCode } from './exit-code.ts';
import { FileOfPacket } from './file-of-packet.ts';
import { type OutputPaths, STANDARD_OUTPUT } from './output-paths.ts';
import type { VpnOnlyFlag } from './vpn-only-flag.ts';

export class ReplayOutputs {
  readonly files = new FileOfPacket();
  readonly sink: DecisionSink;
  readonly packetSink: PacketSink | null;
  private readonly decisions: LineOutput | null;
  private readonly flows: LineOutput | null;
  private readonly forwarded: CaptureWriter | null;
  private readonly dropped: CaptureWriter | null;

  constructor(flags: OutputPaths & VpnOnlyFlag, lines: EventLines) {
    const { files } = this;
    const decisions = flags.decisions === undefined ? null : new LineOutput(flags.decisions);
    const flows = flags.flows === undefined ? null : new LineOutput(flags.flows);
    const forwarded = openWriter(flags.forwarded);
    const dropped = openWriter(flags.dropped);
    this.decisions = decisions;
    this.flows = flows;
    this.forwarded = forwarded;
    this.dropped = dropped;
    this.sink = {
      ...(decisions !== null && {
        decided: (flow, decision, timeUs, packet) => {
          lines.putDecision(decisions.text, files.current, flow, decision, timeUs, packet);
        },
      }),
      ...(flows !== null && {
        ended: (flow, decision, reason) => {
          if (flags.vpnOnly === true && flow.finding === NO_FINDING) return;
          lines.putFlow(flows.text, files.of(flow.firstPacket), flow, decision, reason);
        },
      }),
    } satisfies DecisionSink;
    this.packetSink =
      forwarded === null && dropped === null
        ? null
        : {
            packet: (batch, row, outcome, delayUs) => {
              (outcome === Outcome.DROPPED ? dropped : forwarded)?.write(batch, row, delayUs);
            },
          };
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
      if (writer === null || writer.otherLinkTypeCount === 0) continue;
      process.stderr.write(
        `sluice: ${writer.otherLinkTypeCount} packets of other link types are not in ${writer.path}: a pcap file has one\n`,
      );
    }
  }
}

function openWriter(path: string | undefined): CaptureWriter | null {
  if (path === undefined) return null;
  try {
    return new CaptureWriter(path === STANDARD_OUTPUT ? '/dev/stdout' : path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`cannot write ${path}: ${reason}`, ExitCode.FAILED);
  }
}

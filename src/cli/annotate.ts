/** The second reading of the captures for `replay --annotate`. Loaded only if it is asked for. */
import type { EventFields } from '../output/event/event-fields.ts';
import type { Incomplete } from '../pipeline/capture-run.ts';
import { AnnotatedCapture } from '../study/annotate/annotated-capture.ts';
import { Annotations } from '../study/annotate/annotations.ts';
import type { AnnotateFlags } from './annotate-flag.ts';

/** The annotated copy of a replay's VPN flows. */
export class Annotation {
  readonly annotations: Annotations;
  private readonly flags: AnnotateFlags;
  private readonly capture: AnnotatedCapture;

  /** Creates the file. Throws OutputError. */
  constructor(path: string, flags: AnnotateFlags, fields: EventFields) {
    this.flags = flags;
    this.annotations = new Annotations(fields);
    this.capture = new AnnotatedCapture(path);
  }

  /**
   * Reads the captures again and writes the copy. `packetsBefore`: packets of the first reading. Resolves to what the
   * copy lacks, if it was stopped or the captures had fewer packets this time. Throws OutputError.
   */
  async write(packetsBefore: number, isStopped: () => boolean): Promise<Incomplete | null> {
    const { capture, annotations } = this;
    const { annotate: path, maxFlows, linkIdentity } = this.flags;
    const remark = (text: string): void => void process.stderr.write(`sluice: --annotate ${path!}: ${text}\n`);
    const packets = await capture.copy(annotations, { maxFlows, linkIdentity, isStopped });
    capture.close();
    const cut = `interrupted; the file has the first ${capture.packetCount} packets of the VPN flows`;
    if (isStopped()) remark(cut);
    const changed =
      `the captures had ${packetsBefore} packets when they were first read, and ${packets} the second ` +
      'time: they have changed';
    if (packets !== packetsBefore && !isStopped()) remark(changed);
    const { omittedCount } = annotations;
    const strayCount = isStopped() ? 0 : annotations.count - capture.commentCount;
    if (strayCount > 0) remark(`${strayCount} comments are left out, because their packets are of no VPN flow`);
    if (omittedCount > 0) remark(`${omittedCount} comments are left out, because there are too many; no packet is`);
    const { droppedCount } = capture.fragments;
    if (droppedCount > 0)
      remark(
        `up to ${droppedCount} fragments are missing, because too many waited for the first ones of their datagrams`,
      );
    if (isStopped()) return { file: path!, fault: 'interrupted-copy', message: cut };
    if (packets >= packetsBefore) return null;
    return { file: path!, fault: 'changed-captures', message: changed };
  }
}

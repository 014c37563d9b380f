/** A capture by a process: pcap from its standard output, counts and problems from its standard error. */
import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { CodedProblem } from '../../core/coded-problem.ts';
import type { CaptureBackend, CaptureRequest, ProcessCounts } from './live-backend.ts';
import type { CaptureLink } from './live-link.ts';
import { openLivePipe } from './live-pipe.ts';

/** Characters of standard error that are kept to explain an end. */
const KEPT_ERROR_LENGTH = 4000;

export class ProcessLink implements CaptureLink {
  readonly packets: Readable;
  readonly ended: Promise<void>;
  readonly isFiltered: boolean;
  counts: ProcessCounts = { captured: 0, dropped: {} };
  private readonly backend: CaptureBackend;
  private readonly request: CaptureRequest;
  private readonly child: ChildProcess;
  private errorText = '';

  constructor(backend: CaptureBackend, request: CaptureRequest) {
    this.backend = backend;
    this.request = request;
    this.isFiltered = request.filter !== '';
    const pipe = openLivePipe();
    const child = backend.spawn(request, pipe?.writing ?? 'pipe');
    pipe?.release();
    this.child = child;
    this.packets = pipe?.reading ?? child.stdout!;
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => {
        this.errorText += `${error.message}\n`;
        resolve();
      });
      child.on('close', (code, signal) => {
        if (this.errorText.trim() === '')
          this.errorText = signal === null ? `exit code ${code}, without a message` : `by the signal ${signal}`;
        resolve();
      });
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.takeErrorText(text);
    });
  }

  get processId(): number {
    return this.child.pid ?? 0;
  }

  get detail(): string {
    return `${this.backend.name} captures on ${this.request.device} as process ${this.processId}`;
  }

  get problem(): CodedProblem {
    return this.backend.explain(this.request, this.errorText);
  }

  askCounts(): void {
    this.backend.askCounts(this.child);
  }

  finish(): void {
    this.child.kill('SIGTERM');
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private takeErrorText(text: string): void {
    this.errorText = (this.errorText + text).slice(-KEPT_ERROR_LENGTH);
    for (const line of text.split('\n')) {
      const counts = this.backend.countsIn(line);
      // tcpdump prints its final counts in several lines, so counts missing in one line are kept.
      if (counts !== null)
        this.counts = { captured: counts.captured, dropped: { ...this.counts.dropped, ...counts.dropped } };
    }
  }
}

/** Reads lines of JSON of bounded length from a stream; both sides of the control socket use it. */
import type { Socket } from 'node:net';

export const LONGEST_LINE = 1 << 20;
const NEWLINE = 10;

/** Parsed lines of a stream, one at a time. */
export class ControlLines {
  private readonly socket: Socket;
  private buffered: Buffer = Buffer.alloc(0);
  private readonly limit: number;

  constructor(socket: Socket, limit: number) {
    this.socket = socket;
    this.limit = limit;
    socket.pause();
  }

  /** The next line's value. Rejects if the stream ends before it, or if it is too long or not JSON. */
  async next(): Promise<unknown> {
    for (;;) {
      const end = this.buffered.indexOf(NEWLINE);
      if (end > this.limit || (end < 0 && this.buffered.length > this.limit)) throw new Error('a line is too long');
      if (end >= 0) {
        const line = this.buffered.subarray(0, end).toString('utf8');
        this.buffered = this.buffered.subarray(end + 1);
        return JSON.parse(line) as unknown;
      }
      this.buffered = Buffer.concat([this.buffered, await this.chunk()]);
    }
  }

  private chunk(): Promise<Buffer> {
    const { socket } = this;
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        socket.pause();
        socket.off('data', onData).off('end', onEnd).off('error', onError).off('close', onEnd);
        act();
      };
      const onData = (data: Buffer): void => {
        settle(() => {
          resolve(data);
        });
      };
      const onEnd = (): void => {
        settle(() => {
          reject(new Error('the connection ended'));
        });
      };
      const onError = (error: Error): void => {
        settle(() => {
          reject(error);
        });
      };
      if (socket.destroyed) {
        reject(new Error('the connection ended'));
        return;
      }
      socket.on('data', onData).on('end', onEnd).on('error', onError).on('close', onEnd);
      socket.resume();
    });
  }
}

export function controlLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

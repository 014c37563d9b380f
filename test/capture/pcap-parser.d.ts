declare module 'pcap-parser' {
  import type { EventEmitter } from 'node:events';
  import type { Readable } from 'node:stream';

  interface Parser extends EventEmitter {
    on(event: 'globalHeader', listener: (header: { linkLayerType: number }) => void): this;
    on(
      event: 'packet',
      listener: (packet: {
        header: {
          timestampSeconds: number;
          timestampMicroseconds: number;
          capturedLength: number;
          originalLength: number;
        };
        data: Buffer;
      }) => void,
    ): this;
    on(event: 'end', listener: () => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
  }

  export function parse(input: string | Readable): Parser;
}

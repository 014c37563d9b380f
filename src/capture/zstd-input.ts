import type { ByteInput } from './byte-input.ts';
import { NO_FAULT } from './capture-end.ts';
export class ZstdInput implements ByteInput {
  readonly compressed: ByteInput;
  end = NO_FAULT;
  constructor(compressed: ByteInput) {
    this.compressed = compressed;
  }
  read(): Promise<number> {
    return Promise.resolve(0);
  }
  close(): Promise<void> {
    return this.compressed.close();
  }
}

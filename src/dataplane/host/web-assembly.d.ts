/** The part of the WebAssembly API that Sluice uses: TypeScript declares it with the DOM only. */
declare namespace WebAssembly {
  type Import = Memory | Global | ((...numbers: never[]) => unknown);
  type ModuleImports = Record<string, Import>;
  type Imports = Record<string, ModuleImports>;

  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    /** Shared memory stays where it is when it grows: earlier buffers show what they did. */
    readonly buffer: ArrayBufferLike;
    grow(pages: number): number;
  }

  class Global {
    constructor(descriptor: { value: 'i32'; mutable?: boolean }, value: number);
    readonly value: number;
  }

  type Module = object;
  const Module: new (bytes: Uint8Array) => Module;

  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Record<string, unknown>;
  }

  class RuntimeError extends Error {}

  function instantiate(bytes: Uint8Array, imports?: Imports): Promise<{ instance: Instance; module: Module }>;
}

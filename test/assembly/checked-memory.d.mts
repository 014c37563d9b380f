export function checkedMemory(counts?: { reads: number }): WebAssembly.Imports;

/** Reads a registry in a separate thread: a million rows take seconds, and packets must not wait for it. */
import { parentPort, workerData } from 'node:worker_threads';
import { parseRegistry } from '../registry/file/registry-file.ts';
import { registryBlocks } from '../registry/registry-transfer.ts';

const { bytes, file } = workerData as { readonly bytes: Uint8Array; readonly file: string };
const { registry, issues, sha256, rows } = parseRegistry(bytes, file);
parentPort?.postMessage(
  { registry, kept: issues.kept, errorCount: issues.errorCount, warningCount: issues.warningCount, sha256, rows },
  registry === null ? [] : registryBlocks(registry),
);

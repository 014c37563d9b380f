/**
 * Puts the program into few files, after the compiler has made its modules: Node takes as long to find and load two hundred
 * modules as Sluice takes for a million packets.
 */
export default {
  // Whatever is started by its URL, and not by an import, is an entry of its own.
  input: {
    sluice: 'dist/cli/main.js',
    'shard-worker': 'dist/engine/shard-worker.js',
    'registry-worker': 'dist/cli/registry-worker.js',
    'live-cap-process': 'dist/capture/live-cap-process.js',
  },
  platform: 'node',
  // Only the daemon needs these, and they find files of their own by their place.
  external: ['pino', 'pino-pretty', 'prom-client'],
  // As deep as the modules are, for what is found from there: the rules and package.json.
  output: {
    dir: 'dist/bin',
    format: 'esm',
    cleanDir: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-part.js',
  },
};

/** Builds the console's page into dist/console, each file also compressed. The daemon serves it; nothing of it is loaded from elsewhere. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

const page = fileURLToPath(new URL('src/web/console', import.meta.url));
const outDir = fileURLToPath(new URL('dist/console', import.meta.url));

/** A file that a browser could take compressed, and the daemon would compress for each of them. */
const COMPRESSED = /\.(js|css|html|svg)$/;

const compressFiles = {
  name: 'compress-files',
  closeBundle: () => {
    for (const name of readdirSync(outDir, { recursive: true, encoding: 'utf8' })) {
      if (!COMPRESSED.test(name)) continue;
      const path = join(outDir, name);
      const bytes = readFileSync(path);
      const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
      writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
      writeFileSync(`${path}.gz`, gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }));
    }
  },
};

export default defineConfig({
  root: page,
  logLevel: 'warn',
  plugins: [compressFiles],
  build: {
    outDir,
    rollupOptions: { input: ['index.html', 'hub.html'].map((name) => join(page, name)) },
    emptyOutDir: true,
    target: 'es2022',
    // Data addresses would need a content-security policy that allows them.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'licenses/packages.md' },
  },
});

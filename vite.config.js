/** Builds the console's page into dist/console. The daemon serves it; nothing of it is loaded from elsewhere. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('src/web/console', import.meta.url)),
  logLevel: 'warn',
  build: {
    outDir: fileURLToPath(new URL('dist/console', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // Data addresses would need a content-security policy that allows them.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});

import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { plainEnglish } from './test/lint/plain-english.mjs';

export default tseslint.config(
  { ignores: ['.mutate/', 'dist/', 'node_modules/', 'coverage/', 'src/dataplane/assembly/', 'test/assembly/entries/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Typed arrays are indexed all over the data plane, where the bounds are known and a check would cost.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
    },
  },
  {
    // Folders whose words are those of the field. The others follow: capture/format, wire, flow and fingerprint with the dataplane.
    files: [
      'src/capture/*.ts',
      'src/capture/input/**',
      'src/capture/live/**',
      'src/capture/spool/**',
      'src/cli/**',
      'src/core/**',
      'src/daemon/**',
      'src/output/**',
      'src/policy/**',
      'src/registry/**',
      'src/rules/**',
      'src/study/**',
      'src/web/**',
      'src/decision/breaker/**',
      'src/decision/token-bucket.ts',
      'src/decision/idle-list.ts',
      'test/attack/**',
      'test/cli/**',
      'test/daemon/**',
      'test/decision/breaker/**',
      'test/kit/**',
      'test/output/**',
      'test/policy/**',
      'test/proof/**',
      'test/registry/**',
      'test/rules/**',
      'test/study/**',
      'test/core/**',
      'test/server/**',
    ],
    plugins: { house: { rules: { 'plain-english': plainEnglish } } },
    rules: { 'house/plain-english': 'error' },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        clearTimeout: 'readonly',
        setImmediate: 'readonly',
        URL: 'readonly',
        performance: 'readonly',
      },
    },
  },
);

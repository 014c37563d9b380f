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
    // Words are those of the field. Texts in other languages, AssemblyScript too, are in test/lint/documents.test.ts.
    files: ['src/**', 'test/**', 'bench/**'],
    ignores: [
      'test/lint/**',
      // Its captures have a media type by the name of octet-stream.
      'bench/generate/conversations.mjs',
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
        WebAssembly: 'readonly',
      },
    },
  },
);

import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import reactHooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'

const scriptGlobals = Object.fromEntries(
  ['process', 'console', 'fetch', 'URL', 'AbortSignal', 'AbortController', 'Buffer', 'performance', 'globalThis', 'queueMicrotask',
    'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'structuredClone', 'TextDecoder', 'TextEncoder',
  ].map((name) => [name, 'readonly']),
)

const sizeAndShape = {
  'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
  'max-len': ['error', { code: 140, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true, ignoreComments: true }],
  semi: ['error', 'never', { beforeStatementContinuationChars: 'never' }],
  quotes: ['error', 'single', { avoidEscape: true, allowTemplateLiterals: true }],
  'eol-last': 'error',
  'no-trailing-spaces': 'error',
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'no-constant-condition': ['error', { checkLoops: false }],
  'prefer-const': 'error',
  'no-var': 'error',
}

const unused = { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all', caughtErrorsIgnorePattern: '^_' }

/** Every setting is in one typed place: what reads the environment elsewhere is refused at no boot and found in no list. */
const environmentReadOnlyInConfig = {
  'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'Only src/config reads the environment.' }],
  'no-restricted-imports': ['error', {
    paths: ['process', 'node:process'].map((name) => ({ name, message: 'Use the global process; only src/config reads its env.' })),
  }],
}

export default defineConfig(
  globalIgnores(['**/dist/', 'coverage/', '.data/', '**/generated/', '**/node_modules/', 'admin-ui/public/', '**/*.d.mts']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  { files: ['**/*.ts', '**/*.tsx', '**/*.mts', '**/*.js', '**/*.mjs', '**/*.cjs'], extends: [js.configs.recommended], rules: sizeAndShape },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: { globals: { ...scriptGlobals, module: 'writable', require: 'readonly', __dirname: 'readonly' } },
    rules: { 'no-unused-vars': ['error', unused] },
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-undef': 'off',
      'no-unused-vars': 'off',
      'no-redeclare': 'off',
      'no-dupe-class-members': 'off',
      '@typescript-eslint/no-unused-vars': ['error', unused],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { boolean: true } }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/ban-ts-comment': 'error',
      '@typescript-eslint/no-empty-object-type': 'error',
      '@typescript-eslint/no-unsafe-function-type': 'error',
      '@typescript-eslint/no-wrapper-object-types': 'error',
      '@typescript-eslint/no-base-to-string': 'error',
      '@typescript-eslint/restrict-plus-operands': 'error',
      '@typescript-eslint/array-type': ['error', { default: 'array-simple' }],
      '@typescript-eslint/no-require-imports': 'error',
    },
  },
  { files: ['src/**/*.ts', 'bench/**/*.ts'], rules: environmentReadOnlyInConfig },
  { files: ['admin-ui/**/*.{ts,tsx}'], plugins: { 'react-hooks': reactHooks }, rules: { 'react-hooks/rules-of-hooks': 'error', 'react-hooks/exhaustive-deps': 'error' } },
  { files: ['src/config/**/*.ts'], rules: { 'no-restricted-properties': 'off' } },
  { files: ['src/**/*.ts'], ignores: ['src/cli/**', 'src/main.ts', 'src/supervisor.ts'], rules: { 'no-console': 'error' } },
)

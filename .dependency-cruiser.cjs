/** The house's import directions. A module missing from this table may import no other module. */
const moduleMayImport = {
  tenancy: [],
  campaigns: ['tenancy'],
  inventory: ['campaigns'],
  risk: ['campaigns', 'tenancy'],
  governance: ['tenancy', 'campaigns', 'inventory', 'risk'],
  draws: ['campaigns', 'inventory', 'risk'],
  codes: ['campaigns', 'tenancy'],
  settlement: ['draws', 'inventory', 'campaigns', 'codes'],
  events: ['tenancy'],
  'user-center': ['events'],
  fulfilment: ['campaigns', 'tenancy', 'user-center'],
  insights: ['campaigns', 'draws'],
}

const publicFaceOfModule = ['\\.(module|service|types)\\.ts$', '^src/modules/[^/]+/domain/']
const listed = Object.keys(moduleMayImport).join('|')

const layer = (name, mayImport, comment) => ({
  name: `${name}-imports`,
  severity: 'error',
  comment,
  from: { path: `^src/${name}/` },
  to: { path: '^src/', pathNot: `^src/(${[name, ...mayImport].join('|')})/` },
})

const moduleEdges = [
  ...Object.entries(moduleMayImport).map(([name, others]) => ({
    name: `module-${name}`,
    severity: 'error',
    comment: `modules/${name} may import ${others.length > 0 ? others.join(', ') : 'no other module'}.`,
    from: { path: `^src/modules/${name}/` },
    to: { path: '^src/modules/', pathNot: `^src/modules/(${[name, ...others].join('|')})/` },
  })),
  {
    name: 'module-unlisted',
    severity: 'error',
    comment: 'Put a new module and what it may import into the table at the top of .dependency-cruiser.cjs.',
    from: { path: '^src/modules/', pathNot: `^src/modules/(${listed})/` },
    to: { path: '^src/modules/(?:' + listed + ')/' },
  },
]

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', comment: 'Talk back by events, or ask through a narrow service.', from: { pathNot: '^(?:src|bench|admin-ui/src)/generated/' }, to: { circular: true } },
    layer('config', [], 'config imports nothing of ours.'),
    layer('common', [], 'common is pure and imports nothing of ours.'),
    layer('platform', ['config', 'common', 'generated'], 'platform imports config and common.'),
    layer('modules', ['platform', 'common', 'config', 'generated'], 'modules import modules, platform, common, config.'),
    layer('api', ['modules', 'platform', 'common', 'config', 'generated'], 'api imports modules, platform, common, config.'),
    layer('generated', [], 'Generated code stands alone.'),
    ...moduleEdges,
    {
      name: 'module-internals',
      severity: 'error',
      comment: 'Other modules see only *.module.ts, *.service.ts, *.types.ts and domain/.',
      from: { path: '^src/modules/([^/]+)/' },
      to: { path: '^src/modules/', pathNot: ['^src/modules/$1/', ...publicFaceOfModule] },
    },
    {
      name: 'api-module-internals',
      severity: 'error',
      comment: 'Resolvers guard, map, and call a service: no stores, no processors.',
      from: { path: '^src/api/' },
      to: { path: '^src/modules/', pathNot: publicFaceOfModule },
    },
    {
      name: 'graphql-types-in-api-only',
      severity: 'error',
      comment: "The schema's types stay at the edge; modules have their own.",
      from: { path: '^src/(platform|modules)/' },
      to: { path: '^src/generated/.*graphql' },
    },
    {
      name: 'two-apis',
      severity: 'error',
      comment: 'The tenants’ API and the operators’ share code only through src/api itself.',
      from: { path: '^src/api/(app|admin)/' },
      to: { path: '^src/api/(app|admin)/', pathNot: '^src/api/$1/' },
    },
    {
      name: 'source-imports-source',
      severity: 'error',
      comment: 'Tests, benchmarks and scripts import the source, never the reverse.',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts|admin-ui|docker)/' },
    },
    {
      name: 'ui-stands-alone',
      severity: 'error',
      comment: 'The dashboard knows the product by the admin API alone.',
      from: { path: '^admin-ui/' },
      to: { path: '^(src|test|bench|scripts)/' },
    },
    {
      name: 'ui-shared-below-domains',
      severity: 'error',
      comment: 'What screens share knows no screen.',
      from: { path: '^admin-ui/src/(ui|lib|api|i18n)/' },
      to: { path: '^admin-ui/src/(domains|shell|app)/' },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      comment: 'Nobody imports this file.',
      from: { path: '^src/', orphan: true, pathNot: ['^src/[^/]+\\.ts$', '^src/cli/', '^src/generated/', '\\.d\\.ts$'] },
      to: {},
    },
    { name: 'resolvable', severity: 'error', comment: 'This import leads nowhere.', from: {}, to: { couldNotResolve: true, pathNot: '^@graphql-typed-document-node/core$' } }, // types alone
    {
      name: 'no-dev-dependencies',
      severity: 'error',
      comment: 'The product is installed without devDependencies.',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm'] },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^dist/', '^src/generated/'] },
    exclude: { path: ['^dist/', '^coverage/', '^\\.data/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}

const { house, PURE } = require('./scripts/layers.cjs')

const arrows = Object.entries(house).map(([folder, { may }]) => ({
  name: `house-${folder}`,
  severity: 'error',
  comment: `src/${folder} may import only: ${may.join(', ') || 'nothing'} (scripts/layers.cjs)`,
  from: { path: `^src/${folder}/`, pathNot: '[.]test[.]ts$' },
  to: { path: '^(src|dashboard)/', pathNot: [folder, ...may].map((f) => `^src/${f}/`) },
}))

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    ...arrows,
    {
      name: 'door',
      severity: 'error',
      comment: 'enter another folder through its index.ts',
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/([^/]+)/.+', pathNot: ['^src/$1/', '^src/[^/]+/index[.]ts$'] },
    },
    {
      name: 'unknown-folder',
      severity: 'error',
      comment: 'declare the folder in scripts/layers.cjs',
      from: { path: '^src/', pathNot: Object.keys(house).map((f) => `^src/${f}/`) },
      to: {},
    },
    {
      name: 'pure-rock',
      severity: 'error',
      comment: 'no I/O, no clock, no environment in the rock',
      from: { path: `^src/(${PURE.join('|')})/`, pathNot: '[.]test[.]ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'dashboard-door',
      severity: 'error',
      from: { path: '^dashboard/' },
      to: { path: '^src/', pathNot: '^src/contract/' },
    },
    {
      name: 'not-to-test',
      severity: 'error',
      from: { path: '^src/', pathNot: '[.]test[.]ts$' },
      to: { path: '(^test/|^bench/|[.]test[.]ts$)' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.mjs', '.cjs', '.js'] },
  },
}

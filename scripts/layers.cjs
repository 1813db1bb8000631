// The house, as data: each folder under src/ and the folders it may import.
// dependency-cruiser enforces it (.dependency-cruiser.cjs) and the table in ARCHITECTURE.md
// is generated from it, so document and rule cannot part.
const FLOORS = {
  core: {
    may: [],
    holds:
      'the words: event table, lead, listing (RESO names), outcome, score; ids, Clock, Random, Result, the error catalogue',
  },
  math: { may: [], holds: 'vectors, statistics, distributions, sketches, seeded random' },
  learners: {
    may: ['core', 'math'],
    holds:
      'algorithms only: trees, forests, linear, factorisation, online learners, bandits, drift, calibration, SHAP, metrics',
  },
  perception: {
    may: ['core', 'math', 'learners'],
    holds: 'text, voice, video: bytes or words in, measurements out',
  },
  contract: {
    may: ['core'],
    holds: 'one schema per HTTP body and socket frame; browser-safe; OpenAPI is generated from it',
  },
  platform: {
    may: ['core'],
    holds: 'config, log, metrics, health, thread pool, system clock, bus and cache, crypto',
  },
  store: {
    may: ['core', 'platform'],
    holds: 'PostgreSQL, embedded or server: migrations, one file per table family, job queue',
  },
  policy: {
    may: ['core', 'platform', 'store'],
    holds: 'fair-housing guard, consent ledger, opt-outs, quiet hours, audit',
  },
  experiments: {
    may: ['core', 'math', 'learners', 'platform', 'store'],
    holds: 'assignment, exposure, ledger, analysis',
  },
  events: {
    may: ['core', 'perception', 'platform', 'store'],
    holds: 'sources; parse, validate, dedupe, identify, enrich, grade, append',
  },
  features: {
    may: ['core', 'math', 'platform', 'store'],
    holds: 'declarations and the fold; online update, point-in-time read, replay',
  },
  outcomes: {
    may: ['core', 'platform', 'store'],
    holds: 'what counts, labels, windows, attribution, feedback',
  },
  models: {
    may: [
      'core',
      'math',
      'learners',
      'platform',
      'store',
      'policy',
      'experiments',
      'features',
      'outcomes',
    ],
    holds: 'model specs, registry, scoring, explanation',
  },
  decisions: {
    may: [
      'core',
      'math',
      'learners',
      'platform',
      'store',
      'policy',
      'experiments',
      'features',
      'models',
    ],
    holds: 'next actions, interventions, alerts, timing, channel',
  },
  outreach: {
    may: ['core', 'perception', 'platform', 'store', 'policy', 'experiments', 'decisions'],
    holds: 'journeys, campaigns, outbox, channels',
  },
  assistant: {
    may: [
      'core',
      'perception',
      'platform',
      'store',
      'policy',
      'experiments',
      'models',
      'decisions',
      'outreach',
    ],
    holds: 'knowledge base, personas, reply drafting, coaching',
  },
  learning: {
    may: [
      'core',
      'math',
      'learners',
      'platform',
      'store',
      'experiments',
      'features',
      'models',
      'outcomes',
    ],
    holds: 'examples, training, evaluation, promotion, drift, replay',
  },
  integrations: {
    may: ['core', 'contract', 'platform', 'store', 'policy', 'events', 'outcomes', 'outreach'],
    holds: 'adapters to the outside world',
  },
  simulation: { may: ['core', 'math', 'learners'], holds: 'the seeded market simulator' },
  client: { may: ['core', 'contract'], holds: 'the published TypeScript client (EnterpriseHub)' },
}
const floors = Object.keys(FLOORS).filter((f) => f !== 'client')
const ROOF = {
  server: { may: floors, holds: 'HTTP routes and WebSocket; thin' },
  worker: { may: floors, holds: 'jobs and thread entry points; thin' },
  cli: { may: [...floors, 'server', 'worker'], holds: 'commands; thin' },
}
module.exports = {
  house: { ...FLOORS, ...ROOF },
  PURE: ['core', 'math', 'learners', 'perception', 'contract', 'simulation', 'client'],
}

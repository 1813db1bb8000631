/** docs/reference/features.md, from the declarations. */
import { UNBOUNDED, type FeatureDeclaration, type FeatureGroup } from './declaration.ts'
import { FEATURES } from './vector.ts'

const GROUPS: Record<FeatureGroup, string> = {
  property: 'Property: which homes the lead looks at',
  behavior: 'Behavior: what the lead does with homes, messages and appointments',
  session: 'Session: how the visits look',
  time: 'Time: recency, pace, trend and rhythm',
  categorical: 'Categories',
  emotional: 'Emotional: the tone of texts, as measured when they arrived',
  contextual: 'Contextual: the world around the lead',
}

const WINDOWS: Record<FeatureDeclaration['window'], string> = {
  lifetime: 'all',
  decay_7d: 'half-life 7 days',
  decay_30d: 'half-life 30 days',
  sliding_30d: 'last 30 days',
  recent: 'latest few',
}

/** The reference page of all features, as Markdown. Generated; never edited by hand. */
export function featuresMarkdown(): string {
  const groups = Object.keys(GROUPS) as FeatureGroup[]
  return [
    '# Features',
    '',
    `${FEATURES.length} features, each declared once in src/features. Values are read as of a time`,
    'from a state folded from the log; training rows are replayed from the same fold, so a served',
    'value equals the replayed one bit for bit. Below the minimum evidence there is no value, only',
    '"not enough data". Opens and clicks count fully when graded human, half while unknown, not at',
    'all when made by a machine.',
    '',
    ...groups.flatMap(section),
  ].join('\n')
}

function section(group: FeatureGroup): string[] {
  return [
    `## ${GROUPS[group]}`,
    '',
    '| name | label | says | unit | range | window | needs | computed | reads |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...FEATURES.filter((feature) => feature.group === group).map(row),
    '',
  ]
}

function row(feature: FeatureDeclaration): string {
  const cells = [
    `\`${feature.name}\``,
    feature.label,
    feature.sentence.replace('{value}', '…').replace(/\{\w+\|(\w+)\}/, '$1'),
    feature.unit,
    rangeOf(feature),
    WINDOWS[feature.window],
    feature.minimum === 0 ? 'nothing' : `${feature.minimum} ${feature.evidenceOf}`,
    feature.how,
    feature.reads.join(', '),
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function rangeOf(feature: FeatureDeclaration): string {
  if (feature.type === 'category')
    return feature.levels.length === 0 ? 'as found' : feature.levels.join(', ')
  const [low, high] = feature.range.map((end) =>
    Math.abs(end) === UNBOUNDED ? '' : String(Math.round(end * 100) / 100),
  )
  return low === '' && high === '' ? 'any' : `${low} to ${high}`
}

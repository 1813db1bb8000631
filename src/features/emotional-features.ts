/** Emotional group: the tone of what the lead writes and says, as measured when it arrived. */
import { EMOTIONS, type Emotion } from '../core/index.ts'
import { theilSenSlope } from '../math/index.ts'
import { decay } from './activity.ts'
import { DAY } from './calendar.ts'
import { UNBOUNDED, type CategoricalFeature, type NumericFeature } from './declaration.ts'
import type { EmotionalState } from './emotional.ts'
import type { LeadState } from './state.ts'

const emotional = (
  feature: Omit<NumericFeature, 'group' | 'type' | 'reads' | 'evidence'> & {
    of: (s: EmotionalState) => number
  },
): NumericFeature => {
  const { of, ...rest } = feature
  return {
    ...rest,
    group: 'emotional',
    type: 'number',
    reads: ['emotional'],
    evidence: (state) => of(state.emotional),
  }
}

function sentimentTrend({ emotional: s }: LeadState): number {
  const weeks = s.times.map((time) => (time - s.times[0]!) / (7 * DAY))
  return theilSenSlope(weeks, s.sentiments)
}

function total(emotions: Float64Array): number {
  let sum = 0
  for (const weight of emotions) sum += weight
  return sum
}

const felt = (s: EmotionalState): number => (s.felt > 0 && total(s.emotions) > 0 ? s.felt : 0)

const shareOf = (emotion: Emotion, i: number): NumericFeature =>
  emotional({
    name: `emotion_${emotion}`,
    label: `Sounds ${emotion}`,
    sentence: `Sounds ${emotion} in {value} of the texts.`,
    unit: 'share',
    range: [0, 1],
    how:
      `Part of emotion_distribution: probability of "${emotion}" in the lead's texts, ` +
      'half-life 30 days.',
    window: 'decay_30d',
    minimum: 1,
    evidenceOf: 'texts with emotions',
    of: felt,
    value: ({ emotional: s }) => s.emotions[i]! / total(s.emotions),
  })

export const EMOTIONAL_FEATURES: readonly NumericFeature[] = [
  emotional({
    name: 'sentiment_score',
    label: 'Tone',
    sentence: 'The tone of the texts is {value} from -1 (bad) to 1 (good).',
    unit: 'score',
    range: [-1, 1],
    how: 'Mean sentiment of the lead’s texts, half-life 30 days.',
    window: 'decay_30d',
    minimum: 1,
    evidenceOf: 'texts with a sentiment',
    of: (s) => s.rated,
    value: ({ emotional: s }) => Math.min(1, Math.max(-1, s.sentimentSum / s.sentimentWeight)),
  }),
  emotional({
    name: 'sentiment_trend',
    label: 'Tone is changing',
    sentence: 'The tone changes by {value} a week.',
    unit: 'score/week',
    range: [-UNBOUNDED, UNBOUNDED],
    how: 'Theil-Sen slope (Sen 1968) of the latest 12 sentiments.',
    window: 'recent',
    minimum: 3,
    evidenceOf: 'texts with a sentiment',
    of: (s) => s.sentiments.length,
    pieces: (s) => s.emotional.rated,
    value: sentimentTrend,
  }),
  emotional({
    name: 'emotional_volatility',
    label: 'Mood swings',
    sentence: 'From one text to the next the tone changes by {value}.',
    unit: 'score',
    range: [0, 2],
    how:
      'Mean absolute successive difference of sentiment, each weighted by 1 / (1 + days ' +
      'between) (adjusting for time as Jahng, Wood and Trull, Psychological Methods 13, ' +
      '2008), half-life 30 days.',
    window: 'decay_30d',
    minimum: 2,
    evidenceOf: 'texts with a sentiment',
    of: (s) => (s.changeWeight > 0 ? s.rated : 0),
    value: ({ emotional: s }) => Math.min(2, s.changeSum / s.changeWeight),
  }),
  emotional({
    name: 'urgency_score',
    label: 'Urgency',
    sentence: 'Urgency is at {value}.',
    unit: 'share',
    range: [0, 1],
    how: 'Largest urgency of the lead’s texts, each halved every 7 days.',
    window: 'decay_7d',
    minimum: 1,
    evidenceOf: 'texts with an urgency',
    of: (s) => s.pressed,
    value: ({ emotional: s }, asOf) => s.urgency * decay(asOf - s.urgencyAt, 7),
  }),
  ...EMOTIONS.map(shareOf),
]

function strongest({ emotional: s }: LeadState): Emotion {
  let best = 0
  for (let i = 1; i < EMOTIONS.length; i++) if (s.emotions[i]! > s.emotions[best]!) best = i
  return EMOTIONS[best]!
}

export const DOMINANT_EMOTION: CategoricalFeature = {
  name: 'dominant_emotion',
  group: 'emotional',
  type: 'category',
  unit: 'state',
  label: 'Prevailing tone',
  sentence: 'Mostly sounds {value}.',
  how: 'The state with the largest share of emotion_distribution.',
  window: 'decay_30d',
  minimum: 1,
  evidenceOf: 'texts with emotions',
  reads: ['emotional', 'emotion_distribution'],
  evidence: (state) => felt(state.emotional),
  levels: EMOTIONS,
  level: strongest,
}

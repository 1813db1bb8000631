/** What the emotional group remembers of the text measurements that entries carry. */
import { EMOTIONS, type Json } from '../core/index.ts'
import { decay } from './activity.ts'
import { DAY } from './calendar.ts'
import { within, type Fact } from './fact.ts'

/** Sentiments kept for the trend. */
const KEPT = 12

export interface EmotionalState {
  /** Texts of the lead with a sentiment, with emotions, with an urgency. */
  rated: number
  felt: number
  pressed: number
  /** The moment to which the decayed sums refer (half-life 30 days). */
  at: number
  sentimentWeight: number
  sentimentSum: number
  /** Probabilities of EMOTIONS, decayed. */
  emotions: Float64Array
  /** Absolute changes of sentiment from text to text, each by its weight. */
  changeWeight: number
  changeSum: number
  /** Latest sentiments and their times, oldest first. */
  sentiments: number[]
  times: number[]
  /** Strongest urgency, decayed with a half-life of 7 days to `urgencyAt`. */
  urgency: number
  urgencyAt: number
}

export function emptyEmotional(): EmotionalState {
  return {
    rated: 0,
    felt: 0,
    pressed: 0,
    at: 0,
    sentimentWeight: 0,
    sentimentSum: 0,
    emotions: new Float64Array(EMOTIONS.length),
    changeWeight: 0,
    changeSum: 0,
    sentiments: [],
    times: [],
    urgency: 0,
    urgencyAt: 0,
  }
}

/** Folds `frozen.text` of the lead's own texts: sentiment, emotions, urgency, each if present. */
export function applyEmotional(s: EmotionalState, fact: Fact): void {
  const text = fact.entry.body.frozen?.text
  if (text === undefined || !fact.byLead) return
  forget(s, fact.time)
  const sentiment = within(scoreOf(text['sentiment']), -1, 1)
  if (sentiment !== undefined) noteSentiment(s, sentiment, fact.time)
  const emotions = text['emotions']
  if (isRecord(emotions)) noteEmotions(s, emotions)
  const urgency = within(scoreOf(text['urgency']), 0, 1)
  if (urgency !== undefined) {
    s.pressed++
    s.urgency = Math.max(urgency, s.urgency * decay(fact.time - s.urgencyAt, 7))
    s.urgencyAt = fact.time
  }
}

function isRecord(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A measurement is a number, or an object with `score`. */
function scoreOf(value: Json | undefined): Json | undefined {
  return isRecord(value) ? value['score'] : value
}

function forget(s: EmotionalState, time: number): void {
  const left = decay(time - s.at, 30)
  s.at = time
  s.sentimentWeight *= left
  s.sentimentSum *= left
  s.changeWeight *= left
  s.changeSum *= left
  for (let i = 0; i < s.emotions.length; i++) s.emotions[i] = s.emotions[i]! * left
}

function noteSentiment(s: EmotionalState, sentiment: number, time: number): void {
  if (s.rated > 0) {
    // A change across a long pause says less about mood swings than one within a conversation.
    const weight = 1 / (1 + (time - s.times.at(-1)) / DAY)
    s.changeWeight += weight
    s.changeSum += weight * Math.abs(sentiment - s.sentiments.at(-1))
  }
  s.rated++
  s.sentimentWeight++
  s.sentimentSum += sentiment
  if (s.sentiments.length === KEPT) {
    s.sentiments.shift()
    s.times.shift()
  }
  s.sentiments.push(sentiment)
  s.times.push(time)
}

function noteEmotions(
  s: EmotionalState,
  probabilities: { readonly [emotion: string]: Json },
): void {
  s.felt++
  EMOTIONS.forEach((emotion, i) => {
    s.emotions[i] = s.emotions[i]! + (within(probabilities[emotion], 0, 1) ?? 0)
  })
}

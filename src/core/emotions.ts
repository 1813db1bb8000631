/** The ten states of tone a text or voice is measured in. */
export const EMOTIONS = [
  'excited',
  'confident',
  'curious',
  'grateful',
  'anxious',
  'confused',
  'skeptical',
  'frustrated',
  'disappointed',
  'neutral',
] as const

export type Emotion = (typeof EMOTIONS)[number]

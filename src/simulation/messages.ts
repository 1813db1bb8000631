/**
 * What leads write and what agents write, as templates by category and tone. They speak of homes,
 * prices and dates only: no trait of a person appears in any of them.
 */
export type LeadTextKind = 'urgent' | 'hesitant' | 'neutral'

export const LEAD_TEXTS: Record<LeadTextKind, readonly string[]> = {
  urgent: [
    'We are pre-approved and would like to see it this week. What times are open?',
    'Our lease ends next month, so we need to decide soon. Can we tour tomorrow?',
    'Is this one still available? We are ready to make an offer.',
    'Can you send the disclosures today? We want to move quickly.',
    'We loved it! How soon could we close?',
    'I start the new job in three weeks. Could we see both homes on Saturday?',
  ],
  hesitant: [
    'Not sure yet, we are just looking around for now.',
    'The monthly payment is higher than I hoped. Maybe later this year.',
    'Thanks, but we need to sell our place before we think about this.',
    'Prices seem too high at the moment, so we will wait.',
    'I am a bit worried about the inspection costs. Let me think about it.',
    'Honestly, I am confused by all the fees.',
  ],
  neutral: [
    'Thanks for the list. Does this one have a garage?',
    'What are the association fees there?',
    'Could you send me a few more photos of the kitchen?',
    'How old is the roof?',
    'Is there room for a home office?',
    'Thank you, I will have a look at it.',
  ],
}

/** Reverse of LEAD_TEXTS: what a careful reader makes of a text. */
export const KIND_OF_TEXT: ReadonlyMap<string, LeadTextKind> = new Map(
  Object.entries(LEAD_TEXTS).flatMap(([kind, texts]) =>
    texts.map((text) => [text, kind as LeadTextKind] as const),
  ),
)

export const TONES = ['conservative', 'professional', 'aggressive'] as const

export const AGENT_TEXTS: Record<(typeof TONES)[number], readonly string[]> = {
  conservative: [
    'Hello! A few homes that fit your search came on this week. Shall I send the details?',
    'No hurry at all: let me know if you would like to see any of these homes.',
  ],
  professional: [
    'Two homes within your price range were listed today. Would a tour on Saturday suit you?',
    'I have the comparable sales you asked about. When is a good time to go through them?',
  ],
  aggressive: [
    'This home matches your list and already has two tours booked. Want the first slot tomorrow?',
    'Rates moved this week. A decision now could save you money. Can I call you today?',
  ],
}

export const MAIL_SUBJECTS = [
  'New homes that match your search',
  'This week in Port Ellery: prices and listings',
  'Price changes on homes you looked at',
  'Open houses this weekend',
] as const

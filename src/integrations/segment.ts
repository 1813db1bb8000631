/**
 * Segment messages as events. Names follow Segment's published event specification
 * (E-Commerce, E-Mail, and the semantics of track, page and identify).
 */
import type { SegmentMessage } from '../contract/index.ts'
import { isPublicEventType, type EventType } from '../core/index.ts'

/** Names of Segment's event specification that mean one of ours. */
const SEGMENT_NAMES: Readonly<Record<string, EventType>> = {
  product_viewed: 'property_view',
  product_added_to_wishlist: 'property_favorite',
  product_removed_from_wishlist: 'property_unfavorite',
  product_shared: 'property_share',
  products_searched: 'search_executed',
  product_list_filtered: 'filter_applied',
  email_opened: 'email_open',
  email_link_clicked: 'email_click',
  unsubscribed: 'unsubscribed',
  signed_up: 'form_submission',
  video_playback_completed: 'video_watched',
  order_completed: 'property_purchased',
}

/** `Property Viewed` and `propertyViewed` become `property_viewed`. */
export function snakeCase(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z\d]+/g, '_')
    .replace(/^_+|_+$/g, '')
}

/** Our type of a Segment event name; a name nobody knows goes on as it is, into quarantine. */
function typeOf(name: string): string {
  const snake = snakeCase(name)
  if (isPublicEventType(snake)) return snake
  return SEGMENT_NAMES[snake] ?? (snake.slice(0, 64) || 'unnamed')
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function contextOf(message: SegmentMessage, shared: SegmentMessage['context']) {
  const context = { ...shared, ...message.context }
  const campaign = context['campaign'] as { id?: unknown; name?: unknown } | undefined
  const device = context['device'] as { type?: unknown } | undefined
  const campaign_id = text(campaign?.id) ?? text(campaign?.name)
  const session_id = context['sessionId'] ?? message.properties?.['session_id']
  return {
    ...context,
    ...(campaign_id === undefined ? {} : { campaign_id: campaign_id.slice(0, 256) }),
    ...(text(device?.type) === undefined ? {} : { device_type: text(device?.type)?.slice(0, 64) }),
    ...(text(session_id) === undefined ? {} : { session_id: text(session_id) }),
  }
}

/** The two names that a message says are one person; undefined when it says no such thing. */
export function segmentIdentity(
  message: SegmentMessage,
): { anonymousId: string; leadId: string } | undefined {
  const leadId = text(message.userId)
  const anonymousId = text(message.previousId) ?? text(message.anonymousId)
  return leadId === undefined || anonymousId === undefined ? undefined : { anonymousId, leadId }
}

/**
 * The event of a message; undefined for one that records nothing (identify, alias, group: they say
 * who somebody is, not what they did).
 */
export function fromSegment(
  message: SegmentMessage & { type: string },
  shared: SegmentMessage['context'],
): object | undefined {
  const { type, event, name, properties, messageId, timestamp, originalTimestamp } = message
  if (type === 'identify' || type === 'alias' || type === 'group') return undefined
  const isPage = type === 'page' || type === 'screen'
  const leadId = text(message.userId)
  const anonymousId = text(message.anonymousId)
  const propertyId = text(properties?.['property_id'] ?? properties?.['product_id'])
  const time = timestamp ?? originalTimestamp
  return {
    ...(messageId === undefined ? {} : { event_id: messageId }),
    ...(leadId === undefined ? {} : { lead_id: leadId }),
    ...(anonymousId === undefined ? {} : { anonymous_id: anonymousId }),
    type: isPage ? 'page_visit' : typeOf(event ?? ''),
    ...(time === undefined ? {} : { timestamp: time }),
    ...(propertyId === undefined ? {} : { property_id: propertyId }),
    properties: {
      ...properties,
      ...(isPage && text(name) !== undefined ? { page_name: text(name) } : {}),
      ...(!isPage && event !== undefined ? { segment_event: event } : {}),
    },
    context: contextOf(message, shared),
  }
}

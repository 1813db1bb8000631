/**
 * The requests that are made of GoHighLevel, each declared once: the client sends and checks by
 * this table, and the fake uses it where the OpenAPI files are absent or say nothing.
 */
import Type, { type Static, type TObject, type TSchema } from 'typebox'
import {
  GhlAppointment,
  GhlCalendar,
  GhlContact,
  GhlCustomField,
  GhlLocation,
  GhlLostReason,
  GhlMessage,
  GhlNote,
  GhlOpportunity,
  GhlPipeline,
  GhlUser,
} from './records.ts'

/** What it takes to ask. Without the answer's schema, which is slow for the compiler to compare. */
export interface Endpoint {
  readonly method: 'GET' | 'POST'
  /** With {parameters}. */
  readonly path: string
  /** Value of the Version header. */
  readonly version: '2021-07-28' | '2021-04-15'
  readonly query: TObject
  readonly body?: TObject
  /** What a private token must allow, as GoHighLevel's settings name it. */
  readonly scope: string
}

interface AnsweredEndpoint<A extends TSchema> extends Endpoint {
  readonly answer: A
}

const endpoint = <A extends TSchema>(declared: AnsweredEndpoint<A>): AnsweredEndpoint<A> => declared
const none = Type.Object({})
const limit = Type.Optional(Type.Number({ minimum: 1, maximum: 100 }))
const Nothing = Type.Union([Type.Null(), Type.Undefined()])
const OptionalNumber = Type.Optional(Type.Union([Type.Number(), Type.String(), Nothing]))

export const ENDPOINTS = {
  location: endpoint({
    method: 'GET',
    path: '/locations/{locationId}',
    version: '2021-07-28',
    scope: 'locations.readonly',
    query: none,
    answer: Type.Object({ location: GhlLocation }),
  }),
  customFields: endpoint({
    method: 'GET',
    path: '/locations/{locationId}/customFields',
    version: '2021-07-28',
    scope: 'locations/customFields.readonly',
    query: Type.Object({ model: Type.Optional(Type.String()) }),
    answer: Type.Object({ customFields: Type.Array(GhlCustomField) }),
  }),
  users: endpoint({
    method: 'GET',
    path: '/users/search',
    version: '2021-07-28',
    scope: 'users.readonly',
    query: Type.Object({
      companyId: Type.String(),
      locationId: Type.Optional(Type.String()),
      skip: Type.Optional(Type.String()),
      limit: Type.Optional(Type.String()),
    }),
    answer: Type.Object({ users: Type.Array(GhlUser) }),
  }),
  pipelines: endpoint({
    method: 'GET',
    path: '/opportunities/pipelines',
    version: '2021-07-28',
    scope: 'opportunities.readonly',
    query: Type.Object({ locationId: Type.String() }),
    answer: Type.Object({ pipelines: Type.Array(GhlPipeline) }),
  }),
  lostReasons: endpoint({
    method: 'GET',
    path: '/opportunities/lost-reason',
    version: '2021-07-28',
    scope: 'opportunities.readonly',
    query: Type.Object({ locationId: Type.String(), limit }),
    answer: Type.Object({ lostReasons: Type.Array(GhlLostReason) }),
  }),
  contacts: endpoint({
    method: 'POST',
    path: '/contacts/search',
    version: '2021-07-28',
    scope: 'contacts.readonly',
    query: none,
    // The OpenAPI file declares an empty object: this is what the linked documentation describes.
    body: Type.Object(
      {
        locationId: Type.String(),
        pageLimit: Type.Number({ minimum: 1, maximum: 500 }),
        searchAfter: Type.Optional(Type.Array(Type.Unknown())),
        sort: Type.Optional(
          Type.Array(Type.Object({ field: Type.String(), direction: Type.Enum(['asc', 'desc']) })),
        ),
      },
      { additionalProperties: false },
    ),
    answer: Type.Object({ contacts: Type.Array(GhlContact), total: Type.Number() }),
  }),
  opportunities: endpoint({
    method: 'GET',
    path: '/opportunities/search',
    version: '2021-07-28',
    scope: 'opportunities.readonly',
    query: Type.Object({
      location_id: Type.String(),
      status: Type.Optional(Type.String()),
      order: Type.Optional(Type.String()),
      startAfter: Type.Optional(Type.String()),
      startAfterId: Type.Optional(Type.String()),
      limit,
    }),
    answer: Type.Object({
      opportunities: Type.Array(GhlOpportunity),
      meta: Type.Object({
        total: OptionalNumber,
        startAfter: OptionalNumber,
        startAfterId: Type.Optional(Type.Union([Type.String(), Nothing])),
      }),
    }),
  }),
  calendars: endpoint({
    method: 'GET',
    path: '/calendars/',
    version: '2021-04-15',
    scope: 'calendars.readonly',
    query: Type.Object({ locationId: Type.String() }),
    answer: Type.Object({ calendars: Type.Array(GhlCalendar) }),
  }),
  appointments: endpoint({
    method: 'GET',
    path: '/calendars/events',
    version: '2021-04-15',
    scope: 'calendars/events.readonly',
    query: Type.Object({
      locationId: Type.String(),
      calendarId: Type.Optional(Type.String()),
      startTime: Type.String(),
      endTime: Type.String(),
    }),
    answer: Type.Object({ events: Type.Array(GhlAppointment) }),
  }),
  conversations: endpoint({
    method: 'GET',
    path: '/conversations/search',
    version: '2021-04-15',
    scope: 'conversations.readonly',
    query: Type.Object({ locationId: Type.String(), limit }),
    answer: Type.Object({ conversations: Type.Array(Type.Unknown()), total: Type.Number() }),
  }),
  messages: endpoint({
    method: 'GET',
    path: '/conversations/messages/export',
    version: '2021-04-15',
    scope: 'conversations/message.readonly',
    query: Type.Object({
      locationId: Type.String(),
      limit: Type.Optional(Type.Number({ minimum: 10, maximum: 500 })),
      cursor: Type.Optional(Type.String()),
      sortBy: Type.Optional(Type.Enum(['createdAt', 'updatedAt'])),
      sortOrder: Type.Optional(Type.Enum(['asc', 'desc'])),
      channel: Type.Optional(Type.String()),
    }),
    answer: Type.Object({
      messages: Type.Array(GhlMessage),
      nextCursor: Type.Optional(Type.Union([Type.String(), Nothing])),
      total: Type.Number(),
    }),
  }),
  notes: endpoint({
    method: 'GET',
    path: '/contacts/{contactId}/notes',
    version: '2021-07-28',
    scope: 'contacts.readonly',
    query: none,
    answer: Type.Object({ notes: Type.Array(GhlNote) }),
  }),
}
export type EndpointName = keyof typeof ENDPOINTS
export type Answer<N extends EndpointName> = Static<(typeof ENDPOINTS)[N]['answer']>

/**
 * What is read of GoHighLevel's records: only these fields, checked before use. Further fields are
 * let through unread. Dates are texts in several forms; see times.ts.
 */
import Type, { type Static, type TSchema } from 'typebox'

const Optional = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]))
const Text = Type.String()
const Id = Type.String({ maxLength: 200, pattern: '^[\\x20-\\x7e]+$' })
/** Texts in the answers that were seen; the OpenAPI file says object. */
const When = Type.Union([Type.String(), Type.Number()])

export const GhlLocation = Type.Object({
  id: Id,
  companyId: Optional(Id),
  name: Optional(Text),
  country: Optional(Text),
  timezone: Optional(Text),
})
export type GhlLocation = Static<typeof GhlLocation>

export const GhlUser = Type.Object({ id: Id, name: Optional(Text), email: Optional(Text) })
export type GhlUser = Static<typeof GhlUser>

export const GhlPipeline = Type.Object({
  id: Id,
  name: Optional(Text),
  stages: Optional(Type.Array(Type.Object({ id: Optional(Text), name: Optional(Text) }))),
})
export type GhlPipeline = Static<typeof GhlPipeline>

export const GhlLostReason = Type.Object({ id: Id, name: Optional(Text) })

export const GhlCustomField = Type.Object({
  id: Id,
  name: Optional(Text),
  fieldKey: Optional(Text),
  dataType: Optional(Text),
})
export type GhlCustomField = Static<typeof GhlCustomField>

export const GhlContact = Type.Object({
  id: Id,
  name: Optional(Text),
  contactName: Optional(Text),
  firstName: Optional(Text),
  lastName: Optional(Text),
  firstNameLowerCase: Optional(Text),
  lastNameLowerCase: Optional(Text),
  email: Optional(Text),
  phone: Optional(Text),
  source: Optional(Text),
  type: Optional(Text),
  city: Optional(Text),
  state: Optional(Text),
  country: Optional(Text),
  postalCode: Optional(Text),
  tags: Optional(Type.Array(Text)),
  dnd: Optional(Type.Boolean()),
  assignedTo: Optional(Text),
  dateAdded: Optional(When),
  dateUpdated: Optional(When),
  customFields: Optional(Type.Array(Type.Object({ id: Id, value: Type.Optional(Type.Unknown()) }))),
  searchAfter: Optional(Type.Array(Type.Unknown())),
})
export type GhlContact = Static<typeof GhlContact>

export const GhlMessage = Type.Object({
  id: Id,
  messageType: Optional(Text),
  contactId: Optional(Text),
  conversationId: Optional(Text),
  dateAdded: When,
  direction: Optional(Text),
  body: Optional(Text),
  source: Optional(Text),
  status: Optional(Text),
  userId: Optional(Text),
  meta: Optional(
    Type.Object({
      callDuration: Optional(Type.Union([Text, Type.Number()])),
      callStatus: Optional(Text),
    }),
  ),
})
export type GhlMessage = Static<typeof GhlMessage>

export const GhlCalendar = Type.Object({ id: Id, name: Optional(Text) })
export type GhlCalendar = Static<typeof GhlCalendar>

export const GhlAppointment = Type.Object({
  id: Id,
  calendarId: Optional(Text),
  contactId: Optional(Text),
  title: Optional(Text),
  appointmentStatus: Optional(Text),
  assignedUserId: Optional(Text),
  startTime: When,
  dateAdded: Optional(When),
  dateUpdated: Optional(When),
})
export type GhlAppointment = Static<typeof GhlAppointment>

export const GhlOpportunity = Type.Object({
  id: Id,
  name: Optional(Text),
  monetaryValue: Optional(Type.Number()),
  pipelineId: Optional(Text),
  pipelineStageId: Optional(Text),
  status: Optional(Text),
  lostReasonId: Optional(Text),
  contactId: Optional(Text),
  createdAt: Optional(When),
  updatedAt: Optional(When),
  lastStatusChangeAt: Optional(When),
  lastStageChangeAt: Optional(When),
})
export type GhlOpportunity = Static<typeof GhlOpportunity>

export const GhlNote = Type.Object({
  id: Id,
  body: Optional(Text),
  userId: Optional(Id),
  dateAdded: When,
  contactId: Optional(Text),
})
export type GhlNote = Static<typeof GhlNote>

/** A member of a workspace as the contract shows one, and checks of what is said of them. */
import type { ProfileBody, UserAnswer } from '../../contract/index.ts'
import { AppError, faultyDays, isTimeZone, isWorking, nextStart } from '../../core/index.ts'
import type { Member } from '../../store/index.ts'

/** `now`: milliseconds since 1970. */
export function toUser(member: Member, now: number): UserAnswer {
  const { userId, email, name, role, team, timeZone, workingHours } = member
  const isOn = isWorking(workingHours, timeZone, now)
  const begins = isOn === false ? nextStart(workingHours, timeZone, now) : null
  return {
    user_id: userId,
    email,
    name,
    role,
    team,
    disabled_at: member.disabledAt?.toISOString() ?? null,
    time_zone: timeZone,
    working_hours: workingHours,
    working_now: isOn,
    off_duty_until: begins === null ? null : new Date(begins).toISOString(),
  }
}

/** @throws AppError `invalid-request` unless it is a time zone, or absent. */
export function checkTimeZone(name: string | undefined): void {
  if (name === undefined || isTimeZone(name)) return
  throw new AppError('invalid-request', `"${name}" is no time zone`, [
    { path: '/time_zone', message: 'must be an IANA name, e.g. America/Chicago' },
  ])
}

/** A profile in the words of the store. @throws AppError `invalid-request`. */
export function toProfile(body: ProfileBody) {
  const { name, time_zone: timeZone, working_hours: workingHours } = body
  checkTimeZone(timeZone)
  const faulty = faultyDays(workingHours ?? {})
  if (faulty.length > 0)
    throw new AppError(
      'invalid-request',
      `working hours must end after they begin: ${faulty.join(', ')}`,
      faulty.map((day) => ({ path: `/working_hours/${day}`, message: 'ends before it begins' })),
    )
  return { name, timeZone, workingHours }
}

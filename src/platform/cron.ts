/** Times of a cron expression, UTC. */
import { CronExpressionParser } from 'cron-parser'

/** Whether `expression` is five cron fields that come true at some time. */
export function isCron(expression: string): boolean {
  try {
    CronExpressionParser.parse(expression, { tz: 'UTC', currentDate: new Date(0) }).next()
    return expression.trim().split(/\s+/).length === 5
  } catch {
    return false
  }
}

/** The last time at or before `now` that `expression` names; milliseconds since the epoch. */
export function lastDue(expression: string, now: number): number {
  // A cron time has no fraction of a second, and `prev` answers what lies before.
  const currentDate = new Date(now + 1)
  return CronExpressionParser.parse(expression, { tz: 'UTC', currentDate }).prev().getTime()
}

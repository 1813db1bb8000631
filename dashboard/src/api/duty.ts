/** Who of the team does not work now, by their hours and time zone. */
import { useQuery } from '@tanstack/react-query'
import type { UsersAnswer } from '../../../src/contract/index.ts'
import { request } from './request.ts'

const LOOK_MS = 60_000

/** That the owner of a lead is off duty, and until when by the clock here; null: they are not. */
export function useOffDuty(): (ownerId: number | null | undefined) => string | null {
  const users = useQuery({
    queryKey: ['users'],
    queryFn: () => request<UsersAnswer>('GET', '/v1/users'),
    refetchInterval: LOOK_MS,
  })
  return (ownerId) => {
    const owner = users.data?.items.find(({ user_id }) => user_id === ownerId)
    const until = owner?.off_duty_until ?? null
    if (owner === undefined || until === null) return null
    const at = new Date(until).toLocaleString(undefined, {
      weekday: 'long',
      hour: '2-digit',
      minute: '2-digit',
    })
    return `${owner.name} off duty until ${at}`
  }
}

/** Who is who in the team. */
import { useQuery } from '@tanstack/react-query'
import type { UsersAnswer } from '../../../src/contract/index.ts'
import { request } from './request.ts'
import { useSessionUser } from './session.ts'

/** Names of the team. */
export function useNames(): (userId: number | null) => string {
  const user = useSessionUser()
  const users = useQuery({
    queryKey: ['users'],
    queryFn: () => request<UsersAnswer>('GET', '/v1/users'),
  })
  return (userId) => {
    if (userId === null) return 'nobody'
    if (userId === user?.user_id) return user.name
    return users.data?.items.find((one) => one.user_id === userId)?.name ?? `user ${userId}`
  }
}

/** Names of those who act: `user:7` by name, `key:…` and commands as they are. */
export function useActors(): (actor: string) => string {
  const nameOf = useNames()
  return (actor) => {
    const number = /^user:(\d+)$/.exec(actor)?.[1]
    return number === undefined ? actor.replace(':', ' ') : nameOf(Number(number))
  }
}

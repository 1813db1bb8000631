/**
 * Who is signed in. The access token lives in memory only; the refresh token is an HttpOnly
 * cookie that scripts cannot read, so a reload asks for a new access token.
 */
import { useSyncExternalStore } from 'react'
import type { SessionAnswer, SessionUser } from '../../../src/contract/index.ts'

let current: SessionAnswer | null = null
let renewal: Promise<boolean> | null = null
const listeners = new Set<() => void>()

export function setSession(answer: SessionAnswer | null): void {
  current = answer
  for (const listener of listeners) listener()
}

export const accessToken = (): string | undefined => current?.access_token

/** Tells apart what belongs to one person in one workspace; undefined: nobody is signed in. */
export const sessionKey = (): string | undefined =>
  current === null ? undefined : `${current.user.user_id}:${current.user.workspace.workspace_id}`

/** False when the person must sign in again. Calls at the same time share one exchange. */
export function renew(): Promise<boolean> {
  renewal ??= exchange().finally(() => (renewal = null))
  return renewal
}

async function exchange(): Promise<boolean> {
  const response = await fetch('/api/auth/refresh', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  if (response.ok) {
    localStorage.setItem(HINT, '1')
    setSession((await response.json()) as SessionAnswer)
    return true
  }
  // Only a refusal ends the session: a server that restarts does not sign anyone out.
  if (response.status !== 401) throw new Error(`The server answered ${response.status}.`)
  forget()
  return false
}

/** Set while a refresh cookie may exist; without it a first visit asks the server for nothing. */
const HINT = 'eh-signed-in'

export const mayBeSignedIn = (): boolean => localStorage.getItem(HINT) !== null

export function remember(answer: SessionAnswer): void {
  localStorage.setItem(HINT, '1')
  setSession(answer)
}

export function forget(): void {
  localStorage.removeItem(HINT)
  setSession(null)
}

export function useSessionUser(): SessionUser | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => current?.user ?? null,
  )
}

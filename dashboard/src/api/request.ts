/** One request to the product; a refusal becomes a Problem with its title, detail and remedy. */
import type { ProblemBody } from '../../../src/contract/index.ts'
import { accessToken, renew } from './session.ts'

export class Problem extends Error {
  readonly title: string
  readonly remedy: string
  readonly status: number

  constructor(title: string, detail: string, remedy: string, status: number) {
    super(detail)
    this.title = title
    this.remedy = remedy
    this.status = status
  }
}

async function send(method: string, path: string, body: unknown): Promise<Response> {
  const token = accessToken()
  // A form goes as it is, and the browser names its type.
  const isForm = body instanceof FormData
  try {
    return await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
    })
  } catch {
    throw new Problem(
      'The server cannot be reached',
      'The request got no answer.',
      'Check that the product is running, then try again.',
      0,
    )
  }
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback = `${response.status} ${response.statusText}`
  try {
    const { title, detail, remedy } = (await response.json()) as ProblemBody
    return new Problem(title, detail, remedy, response.status)
  } catch {
    return new Problem(fallback, 'The answer was not readable.', 'Try again.', response.status)
  }
}

async function answer(method: string, path: string, body?: unknown): Promise<Response> {
  let response = await send(method, path, body)
  // An access token lives minutes: one exchange, one more try.
  const signingIn = path.startsWith('/api/auth/')
  if (response.status === 401 && !signingIn && (await renew()))
    response = await send(method, path, body)
  if (!response.ok) throw await problemOf(response)
  return response
}

/** @throws Problem */
export async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await answer(method, path, body)
  return (response.status === 204 ? undefined : await response.json()) as T
}

/** Saves what an address answers as a file. @throws Problem */
export async function download(path: string, name: string): Promise<void> {
  const address = URL.createObjectURL(await (await answer('GET', path)).blob())
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  URL.revokeObjectURL(address)
}

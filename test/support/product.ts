/**
 * The running product that all chapters of a test run share: the first that asks starts it, the end
 * of the run stops it (see test-cluster.ts). Chapters meet it over HTTP, WebSocket and the command
 * line only, each in a workspace of its own.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inject } from 'vitest'
import { cli, type CliResult } from './cli.ts'
import { once } from './once.ts'
import { freshDatabase } from './postgres.ts'
import { freePort, serve } from './served.ts'
import { watch, type Watch } from './watch.ts'

const ADMIN = { email: 'owner@example.com', password: 'correct horse battery' }
/** For a busy machine; whichever chapter comes first also waits for the start. */
const WAIT_MS = 50_000

interface Running {
  readonly url: string
  readonly pid: number
  readonly environment: Record<string, string>
}

async function start(): Promise<Running> {
  const dataDir = join(inject('clusterFolder'), 'product')
  mkdirSync(dataDir, { recursive: true })
  const database = await freshDatabase()
  await database.close()
  const environment = {
    DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    EH_UNSAFE_DATABASE: 'on',
    EH_ADMIN_EMAIL: ADMIN.email,
    EH_ADMIN_PASSWORD: ADMIN.password,
  }
  const { child, url } = await serve(dataDir, await freePort(), environment)
  // It goes on when this test process ends.
  child.stderr?.destroy()
  child.unref()
  return { url, pid: child.pid!, environment }
}

export interface Answer {
  readonly status: number
  readonly body: any
}

/** One workspace of the running product, as its administrator and its machine meet it. */
export interface Workspace {
  readonly slug: string
  readonly get: (path: string) => Promise<Answer>
  readonly post: (path: string, body: unknown) => Promise<Answer>
  /** `enterprisehub WORDS` in this workspace, with --json. */
  readonly cli: (...words: string[]) => Promise<CliResult>
  readonly watch: () => Promise<Watch>
  /** Asks again until the answer fits; fails after WAIT_MS. */
  readonly until: (path: string, fits: (body: any) => boolean) => Promise<any>
}

async function call(method: string, address: string, token: string | undefined, body?: unknown) {
  const response = await fetch(address, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as unknown } as Answer
}

/** Opens the workspace `slug` of the running product; made when it is not there. */
export async function workspace(slug: string): Promise<Workspace> {
  const { url, environment } = await once('product', start)
  const entered = await call('POST', `${url}/api/auth/login`, undefined, ADMIN)
  const admin = (entered.body as { access_token: string }).access_token
  await call('POST', `${url}/v1/workspaces`, admin, { slug, name: slug })
  const moved = await call('POST', `${url}/v1/session/workspace`, admin, { workspace: slug })
  const token = (moved.body as { access_token: string }).access_token
  const get = (path: string) => call('GET', url + path, token)
  return {
    slug,
    get,
    post: (path, body) => call('POST', url + path, token, body),
    cli: (...words) => cli([...words, '--workspace', slug, '--json'], environment),
    watch: () => watch(url, token),
    async until(path, fits) {
      for (let waited = 0; ; waited += 100) {
        const { body } = await get(path)
        if (fits(body)) return body
        if (waited > WAIT_MS) throw new Error(`${path} never came to fit: ${JSON.stringify(body)}`)
        await sleep(100)
      }
    },
  }
}

/** A workspace with imported leads and a model that `train` made of them, shared by chapters. */
export async function taughtWorkspace(leadFile: (path: string) => void): Promise<Workspace> {
  const taught = await workspace('taught')
  await once('taught', async () => {
    const file = join(inject('clusterFolder'), 'taught.csv')
    leadFile(file)
    for (const words of [['import', 'leads', file], ['train']]) {
      const { status, err } = await taught.cli(...words)
      if (status !== 0) throw new Error(err)
    }
    return {}
  })
  return taught
}

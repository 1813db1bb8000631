/**
 * What a website loads with one line: records visits, views of properties and forms of visitors
 * with a publishable key. Built into one small file (dashboard/snippet.config.ts) and served at
 * /snippet.js. It never throws into the page, keeps values of forms to itself, and stores and sends
 * nothing before the consent that `data-consent="required"` asks for.
 *
 *   <script async src="https://hub.example.com/snippet.js" data-key="eh_pk_…"></script>
 */

interface VisitEvent {
  event_id: string
  anonymous_id: string
  lead_id?: string
  type: string
  timestamp: string
  property_id?: string
  duration_seconds?: number
  properties?: Record<string, unknown>
  context: Record<string, string>
}

interface Details {
  readonly propertyId?: string
  readonly durationSeconds?: number
  readonly properties?: Record<string, unknown>
}

interface Settings {
  readonly url: string
  readonly key: string
}

interface Session {
  id: string
  /** When something was last recorded, milliseconds since the epoch. */
  at: number
  source: string
  campaign: string
}

const SESSION_MS = 30 * 60_000
const FLUSH_MS = 1_000
const BATCH = 50
const KEPT_MAX = 500
/** A browser lets a page that is left send 64 kB. */
const LEAVING_BYTES = 60_000
const RETRY_MS = [2_000, 10_000, 60_000]

interface Keeper {
  readonly get: <T>(name: string) => T | undefined
  readonly set: (name: string, value: unknown) => void
}

/** A store of the page's origin, or of this page alone where that is not allowed. */
function keeper(): {
  get: <T>(name: string) => T | undefined
  set: (n: string, v: unknown) => void
} {
  const own = new Map<string, string>()
  return {
    get<T>(name: string) {
      let text: string | null | undefined = own.get(name)
      try {
        text = localStorage.getItem(name) ?? text
      } catch {
        // Storage is refused: this page's memory serves.
      }
      try {
        return text ? (JSON.parse(text) as T) : undefined
      } catch {
        return undefined
      }
    },
    set(name, value) {
      if (value === undefined) own.delete(name)
      else own.set(name, JSON.stringify(value))
      try {
        if (value === undefined) localStorage.removeItem(name)
        else localStorage.setItem(name, JSON.stringify(value))
      } catch {
        // As above; or full.
      }
    },
  }
}

/** Faults go to listeners of this event on window, never into the page. */
const report = (detail: unknown): void =>
  void dispatchEvent(new CustomEvent('enterprisehub-error', { detail }))

const newId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')

const NAME = { id: 'eh_id', lead: 'eh_lead', session: 'eh_session', outbox: 'eh_outbox' } as const
const CONSENT = 'eh_consent'

function createSender({ url, key }: Settings, store: Keeper) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let busy = false
  let failures = 0
  const outbox = (): VisitEvent[] => store.get<VisitEvent[]>(NAME.outbox) ?? []

  function later(ms: number): void {
    clearTimeout(timer)
    timer = setTimeout(() => void flush(), ms)
  }

  /** Tabs share the outbox: what two of them send, the event_id makes one. */
  async function flush(leaving = false): Promise<void> {
    const events = outbox().slice(0, BATCH)
    if (events.length === 0 || (busy && !leaving)) return
    while (leaving && JSON.stringify(events).length > LEAVING_BYTES) events.pop()
    busy = true
    let wait = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]!
    let isDone = false
    try {
      const response = await fetch(`${url}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ events }),
        keepalive: leaving,
        credentials: 'omit',
      })
      // Taken, or refused for good; what may pass is tried again.
      const { status } = response
      isDone = status < 500 && status !== 429 && status !== 408
      if (isDone && !response.ok) report(`events were refused (${status})`)
      wait = Math.max(wait, Number(response.headers.get('retry-after')) * 1_000)
    } catch {
      // No network: tried again.
    }
    busy = false
    failures = isDone ? 0 : failures + 1
    if (isDone) {
      const sent = new Set(events.map(({ event_id }) => event_id))
      store.set(
        NAME.outbox,
        outbox().filter(({ event_id }) => !sent.has(event_id)),
      )
    }
    if (outbox().length > 0) later(isDone ? 0 : wait)
  }

  return {
    put(event: VisitEvent): void {
      store.set(NAME.outbox, [...outbox(), event].slice(-KEPT_MAX))
      if (failures === 0) later(FLUSH_MS)
    },
    flush,
    stop: () => clearTimeout(timer),
  }
}

/** Where the visitor came from: named in the address, else the other website. */
function origins(): Pick<Session, 'source' | 'campaign'> {
  const query = new URLSearchParams(location.search)
  let from = ''
  try {
    from = document.referrer && new URL(document.referrer).host
  } catch {
    // No address.
  }
  return {
    source: query.get('utm_source') ?? (from === location.host || from === '' ? 'direct' : from),
    campaign: query.get('utm_campaign') ?? '',
  }
}

const deviceType = (): string =>
  /ipad|tablet/i.test(navigator.userAgent)
    ? 'tablet'
    : /mobi|android|iphone/i.test(navigator.userAgent)
      ? 'mobile'
      : 'desktop'

/** Writes what the visitor does, as part of a session that ends after half an hour of nothing. */
function createWriter(store: Keeper, sender: ReturnType<typeof createSender>) {
  function identity(): string {
    let id = store.get<string>(NAME.id)
    if (id === undefined) store.set(NAME.id, (id = newId()))
    return id
  }

  function append(type: string, details: Details, { id, source, campaign }: Session, now: number) {
    const lead = store.get<string>(NAME.lead)
    sender.put({
      event_id: newId(),
      anonymous_id: identity(),
      ...(lead === undefined ? {} : { lead_id: lead }),
      type,
      timestamp: new Date(now).toISOString(),
      ...(details.propertyId === undefined ? {} : { property_id: details.propertyId }),
      ...(details.durationSeconds === undefined
        ? {}
        : { duration_seconds: details.durationSeconds }),
      ...(details.properties === undefined ? {} : { properties: details.properties }),
      context: {
        session_id: id,
        device_type: deviceType(),
        traffic_source: source,
        ...(campaign === '' ? {} : { campaign_id: campaign }),
      },
    })
  }

  function session(now: number): Session {
    const known = store.get<Session>(NAME.session)
    if (known !== undefined && now - known.at < SESSION_MS) {
      store.set(NAME.session, { ...known, at: now })
      return known
    }
    const begun = { id: newId(), at: now, ...origins() }
    store.set(NAME.session, begun)
    append('session_started', {}, begun, now)
    return begun
  }

  return (type: string, details: Details): void => {
    const now = Date.now()
    append(type, details, session(now), now)
  }
}

function createRecorder(settings: Settings, needsConsent: boolean) {
  const store = keeper()
  const sender = createSender(settings, store)
  const isRefused = (): boolean =>
    (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true
  const mayRecord = (): boolean => {
    const said = store.get<boolean>(CONSENT)
    return said ?? !(needsConsent || isRefused())
  }

  const put = createWriter(store, sender)

  function track(type: string, details: Details = {}): void {
    if (!mayRecord()) return
    put(type, details)
  }

  function forget(): void {
    sender.stop()
    for (const name of Object.values(NAME)) store.set(name, undefined)
  }

  return {
    track,
    mayRecord,
    leave: () => void (mayRecord() && sender.flush(true)),
    resume: () => void (mayRecord() && sender.flush()),
    identify: (lead: string) => void (mayRecord() && store.set(NAME.lead, lead)),
    /** Another person at this device: a new name, as somebody nobody knows. */
    reset: () => {
      for (const name of [NAME.id, NAME.lead, NAME.session]) store.set(name, undefined)
    },
    consent(given: boolean) {
      if (!given) forget()
      store.set(CONSENT, given)
    },
  }
}

type Recorder = ReturnType<typeof createRecorder>

/** The property that a page or the part around an element is about. */
function propertyOf(element?: Element): string | undefined {
  const near =
    element?.closest('[data-eh-property]') ?? document.querySelector('[data-eh-property]')
  const meta = document.querySelector('meta[name="enterprisehub:property"]')
  return near?.getAttribute('data-eh-property') ?? meta?.getAttribute('content') ?? undefined
}

/** Visits of pages, also of those that change without loading, and views of their property. */
function watchPages({ track, leave, resume }: Recorder): () => void {
  let path = ''
  let property: string | undefined
  let since = 0

  function endView(): void {
    const seen = property
    property = undefined
    if (seen === undefined) return
    const durationSeconds = Math.round((Date.now() - since) / 100) / 10
    track('property_view', { propertyId: seen, durationSeconds })
  }

  function visit(): void {
    if (location.pathname === path) return
    endView()
    path = location.pathname
    property = propertyOf()
    since = Date.now()
    // Without the query, which may say who somebody is.
    track('page_visit', { properties: { path, title: document.title } })
  }

  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name].bind(history)
    history[name] = (...args) => {
      original(...args)
      // Once the page has drawn what is there now.
      setTimeout(visit)
    }
  }
  addEventListener('popstate', () => setTimeout(visit))
  const away = (): void => {
    endView()
    leave()
  }
  addEventListener('pagehide', away)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') away()
  })
  addEventListener('online', resume)
  visit()
  return () => {
    // What was seen before consent is not told.
    property = undefined
    path = ''
    visit()
  }
}

/** Forms that are sent, and what is clicked and marked with `data-eh-event`. */
function watchActions({ track, identify }: Recorder): void {
  document.addEventListener(
    'submit',
    ({ target }) => {
      if (!(target instanceof HTMLFormElement) || target.hasAttribute('data-eh-ignore')) return
      const form = target.getAttribute('id') ?? target.getAttribute('name') ?? ''
      const lead = target.querySelector<HTMLInputElement>('[data-eh-lead]')?.value
      if (lead) identify(lead)
      const propertyId = propertyOf(target)
      track(target.getAttribute('data-eh-event') ?? 'form_submission', {
        ...(propertyId === undefined ? {} : { propertyId }),
        properties: { form, path: location.pathname },
      })
    },
    true,
  )
  document.addEventListener(
    'click',
    ({ target }) => {
      const marked = target instanceof Element ? target.closest('[data-eh-event]') : null
      if (marked === null || marked instanceof HTMLFormElement) return
      const propertyId = propertyOf(marked)
      track(marked.getAttribute('data-eh-event')!, propertyId === undefined ? {} : { propertyId })
    },
    true,
  )
}

/** `enterprisehub.track(…)` and the like; an array of calls made before this was loaded is kept. */
function start(script: HTMLScriptElement): void {
  const { key, consent } = script.dataset
  if (key === undefined) throw new Error('the script tag needs data-key')
  const recorder = createRecorder({ url: new URL(script.src).origin, key }, consent === 'required')
  const visitAgain = watchPages(recorder)
  watchActions(recorder)
  const calls = {
    track: recorder.track,
    identify: recorder.identify,
    reset: recorder.reset,
    consent: (given: boolean) => {
      const before = recorder.mayRecord()
      recorder.consent(given)
      if (given && !before) visitAgain()
    },
  }
  type Call = [keyof typeof calls, ...unknown[]]
  const take = ([name, ...args]: Call): void => {
    try {
      ;(calls[name] as (...given: unknown[]) => void)(...args)
    } catch (error) {
      report(error)
    }
  }
  const page = globalThis as { enterprisehub?: unknown }
  const before = page.enterprisehub
  page.enterprisehub = { ...calls, push: take }
  if (Array.isArray(before)) for (const call of before as Call[]) take(call)
  recorder.resume()
}

try {
  const script = document.currentScript
  if (script instanceof HTMLScriptElement) start(script)
} catch (error) {
  report(error)
}

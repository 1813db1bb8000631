/** The last moment of a page in which it may still send. */

interface PageEvents {
  readonly addEventListener?: (type: string, listener: () => void) => void
  readonly removeEventListener?: (type: string, listener: () => void) => void
}

/**
 * Calls `leave` when the page is hidden or unloaded; elsewhere (Node, workers) never. Beacons
 * cannot carry a key in a header, so what follows is a fetch with `keepalive`. The answer stops
 * listening.
 */
export function onPageHide(leave: () => void): () => void {
  const { document } = globalThis as { document?: PageEvents & { visibilityState?: string } }
  const page = globalThis as PageEvents
  if (document?.addEventListener === undefined || page.addEventListener === undefined)
    return () => undefined
  const hidden = (): void => {
    if (document.visibilityState === 'hidden') leave()
  }
  document.addEventListener('visibilitychange', hidden)
  page.addEventListener('pagehide', leave)
  return () => {
    document.removeEventListener?.('visibilitychange', hidden)
    page.removeEventListener?.('pagehide', leave)
  }
}

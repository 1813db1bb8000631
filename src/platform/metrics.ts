/** The metrics registry behind GET /metrics. */
import { collectDefaultMetrics, Registry } from 'prom-client'

/** A registry of its own, with the process's memory, CPU and event-loop lag already in it. */
export function createMetrics(): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return registry
}

/** Addresses and their pages. */
import { createRootRoute, createRoute, createRouter, redirect } from '@tanstack/react-router'
import { Nothing } from './parts/states.tsx'
import { CallNext } from './scenes/board.tsx'
import { Keys } from './scenes/keys.tsx'
import { LeadPage } from './scenes/lead.tsx'
import { Leads } from './scenes/leads.tsx'
import { Shell } from './scenes/shell.tsx'
import { Status } from './scenes/status.tsx'
import { Team } from './scenes/team.tsx'

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => (
    <Nothing title="This page does not exist">Choose one at the side.</Nothing>
  ),
})
const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- how the router redirects
    throw redirect({ to: '/call-next' })
  },
})
const callNext = createRoute({
  getParentRoute: () => root,
  path: '/call-next',
  component: CallNext,
})
const leadsRoute = createRoute({
  getParentRoute: () => root,
  path: '/leads',
  validateSearch: (search: Record<string, unknown>): { q?: string } =>
    typeof search['q'] === 'string' && search['q'] !== '' ? { q: search['q'] } : {},
  component: function LeadsRoute() {
    return <Leads q={leadsRoute.useSearch().q ?? ''} />
  },
})
const lead = createRoute({
  getParentRoute: () => root,
  path: '/leads/$leadId',
  component: function LeadRoute() {
    return <LeadPage leadId={lead.useParams().leadId} />
  },
})
const keys = createRoute({ getParentRoute: () => root, path: '/keys', component: Keys })
const team = createRoute({ getParentRoute: () => root, path: '/team', component: Team })
const status = createRoute({ getParentRoute: () => root, path: '/status', component: Status })

export const router = createRouter({
  routeTree: root.addChildren([home, callNext, leadsRoute, lead, keys, team, status]),
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

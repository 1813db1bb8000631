/** Addresses and their pages. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { leadSearch } from './api/lead-search.ts'
import { Nothing } from './parts/states.tsx'
import { Shell } from './scenes/shell.tsx'

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
// Each page is loaded when it is first opened.
const callNext = createRoute({
  getParentRoute: () => root,
  path: '/call-next',
  component: lazyRouteComponent(() => import('./scenes/board.tsx'), 'CallNext'),
})
const leads = createRoute({
  getParentRoute: () => root,
  path: '/leads',
  validateSearch: leadSearch,
  component: lazyRouteComponent(() => import('./scenes/leads.tsx'), 'Leads'),
})
const lead = createRoute({
  getParentRoute: () => root,
  path: '/leads/$leadId',
  component: lazyRouteComponent(() => import('./scenes/lead.tsx'), 'LeadPage'),
})
const models = createRoute({
  getParentRoute: () => root,
  path: '/models',
  component: lazyRouteComponent(() => import('./scenes/models.tsx'), 'Models'),
})
const imports = createRoute({
  getParentRoute: () => root,
  path: '/imports',
  component: lazyRouteComponent(() => import('./scenes/imports.tsx'), 'Imports'),
})
const integrations = createRoute({
  getParentRoute: () => root,
  path: '/integrations',
  component: lazyRouteComponent(() => import('./scenes/integrations.tsx'), 'Integrations'),
})
const keys = createRoute({
  getParentRoute: () => root,
  path: '/keys',
  component: lazyRouteComponent(() => import('./scenes/keys.tsx'), 'Keys'),
})
const team = createRoute({
  getParentRoute: () => root,
  path: '/team',
  component: lazyRouteComponent(() => import('./scenes/team.tsx'), 'Team'),
})
const workspaces = createRoute({
  getParentRoute: () => root,
  path: '/workspaces',
  component: lazyRouteComponent(() => import('./scenes/workspaces.tsx'), 'Workspaces'),
})
const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  component: lazyRouteComponent(() => import('./scenes/audit.tsx'), 'Audit'),
})
const profile = createRoute({
  getParentRoute: () => root,
  path: '/profile',
  component: lazyRouteComponent(() => import('./scenes/profile.tsx'), 'Profile'),
})
const status = createRoute({
  getParentRoute: () => root,
  path: '/status',
  component: lazyRouteComponent(() => import('./scenes/status.tsx'), 'Status'),
})

export const router = createRouter({
  defaultPreload: 'intent',
  routeTree: root.addChildren([
    home,
    callNext,
    leads,
    lead,
    imports,
    integrations,
    models,
    keys,
    team,
    workspaces,
    audit,
    profile,
    status,
  ]),
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

/** Header, navigation and the page in the middle. */
import {
  ActionIcon,
  AppShell,
  Badge,
  Burger,
  Group,
  Menu,
  NavLink,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core'
import { useDisclosure, useHotkeys } from '@mantine/hooks'
import {
  IconActivity,
  IconBuildings,
  IconChartDots,
  IconFileImport,
  IconKey,
  IconListSearch,
  IconMoon,
  IconPhone,
  IconPlugConnected,
  IconSun,
  IconUser,
  IconUsers,
  IconUsersGroup,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useLocation, useMatches, useNavigate } from '@tanstack/react-router'
import type { MeAnswer, SessionUser } from '../../../src/contract/index.ts'
import { undoLast } from '../api/act.tsx'
import { request } from '../api/request.ts'
import { FeatureRebuild } from '../parts/feature-rebuild.tsx'
import { Nothing } from '../parts/states.tsx'
import { enterWorkspace } from '../api/workspaces.ts'
import { forget, useSessionUser } from '../api/session.ts'

type Role = SessionUser['role']
const ALL: readonly Role[] = ['agent', 'lead', 'admin']
const LEADERS: readonly Role[] = ['lead', 'admin']
const ADMINS: readonly Role[] = ['admin']

const PAGES = [
  { to: '/call-next', label: 'Call next', icon: IconPhone, roles: ALL },
  { to: '/leads', label: 'Leads', icon: IconUsers, roles: ALL },
  { to: '/imports', label: 'Import', icon: IconFileImport, roles: LEADERS },
  { to: '/integrations', label: 'Integrations', icon: IconPlugConnected, roles: ADMINS },
  { to: '/models', label: 'Models', icon: IconChartDots, roles: ALL },
  { to: '/keys', label: 'Keys', icon: IconKey, roles: ADMINS },
  { to: '/team', label: 'Team', icon: IconUsersGroup, roles: ADMINS },
  { to: '/workspaces', label: 'Workspaces', icon: IconBuildings, roles: ALL },
  { to: '/audit', label: 'Audit log', icon: IconListSearch, roles: ADMINS },
  { to: '/status', label: 'Status', icon: IconActivity, roles: ALL },
] as const

function ColorScheme() {
  const { setColorScheme } = useMantineColorScheme()
  const dark = useComputedColorScheme('light') === 'dark'
  const toggle = () => setColorScheme(dark ? 'light' : 'dark')
  useHotkeys([['mod+J', toggle]])
  return (
    <ActionIcon
      variant="default"
      size="lg"
      aria-label={dark ? 'Light colors' : 'Dark colors'}
      onClick={toggle}
    >
      {dark ? <IconSun size={18} /> : <IconMoon size={18} />}
    </ActionIcon>
  )
}

function Account() {
  const user = useSessionUser()
  const me = useQuery({ queryKey: ['me'], queryFn: () => request<MeAnswer>('GET', '/v1/me') })
  if (user === null) return null
  const workspaces = me.data?.kind === 'user' ? me.data.workspaces : []
  const others = workspaces.filter(({ slug }) => slug !== user.workspace.slug)
  const leave = () => request('POST', '/api/auth/logout', {}).finally(forget)
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon variant="default" size="lg" aria-label="Account">
          <IconUser size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {user.email} ({user.role})
        </Menu.Label>
        {others.map(({ slug, name }) => (
          <Menu.Item key={slug} onClick={() => void enterWorkspace(slug).catch(() => me.refetch())}>
            Go to {name}
          </Menu.Item>
        ))}
        <Menu.Item renderRoot={(props) => <Link to="/profile" {...props} />}>
          Your profile
        </Menu.Item>
        <Menu.Item onClick={() => void leave().catch(() => undefined)}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

function Navigation({ close }: { close: () => void }) {
  const user = useSessionUser()
  const { pathname } = useLocation()
  const pages = PAGES.filter(({ roles }) => user !== null && roles.includes(user.role))
  return pages.map(({ to, label, icon: Icon }) => (
    <NavLink
      key={to}
      renderRoot={(props) => <Link to={to} {...props} />}
      label={label}
      leftSection={<Icon size={18} aria-hidden />}
      active={pathname.startsWith(to)}
      onClick={close}
    />
  ))
}

/** The page, unless it is for others: what it asks for would only be refused. */
function Page() {
  const user = useSessionUser()
  // Of the page that is shown: the address already names the next one while that is loaded.
  const pathname = useMatches({ select: (matches) => matches.at(-1)?.pathname ?? '/' })
  const page = PAGES.find(({ to }) => pathname === to || pathname.startsWith(`${to}/`))
  const isMine = page === undefined || (user !== null && page.roles.includes(user.role))
  if (isMine) return <Outlet />
  return <Nothing title="This page is for others">Ask an administrator for the role.</Nothing>
}

export function Shell() {
  const user = useSessionUser()
  const navigate = useNavigate()
  const [opened, { toggle, close }] = useDisclosure()
  useHotkeys([
    ['alt+1', () => void navigate({ to: '/call-next' })],
    ['alt+2', () => void navigate({ to: '/leads', search: {} })],
    ['alt+3', () => void navigate({ to: '/status' })],
    ['u', undoLast],
  ])
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 200, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding="md"
    >
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap" miw={0}>
            <Burger
              hiddenFrom="sm"
              size="sm"
              color="var(--mantine-color-text)"
              opened={opened}
              onClick={toggle}
              aria-label="Navigation"
            />
            <Text fw={700}>EnterpriseHub</Text>
            <Text c="dimmed" size="sm" truncate visibleFrom="xs">
              {user?.workspace.name}
            </Text>
            {user?.workspace.simulated === true && (
              <Badge color="orange" variant="light" title="A simulated market, not real people">
                simulated
              </Badge>
            )}
          </Group>
          <Group gap="xs" wrap="nowrap">
            <ColorScheme />
            <Account />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Pages">
        <Navigation close={close} />
      </AppShell.Navbar>
      <AppShell.Main>
        <FeatureRebuild />
        <Page />
      </AppShell.Main>
    </AppShell>
  )
}

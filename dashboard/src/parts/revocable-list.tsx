/** What works until it is revoked: a list of it, and the form that makes another one. */
import { Button, Group, Stack, Table, TextInput } from '@mantine/core'
import type { UseMutationResult, UseQueryResult } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { CopyOnce } from './copy-once.tsx'
import { Loaded, ProblemAlert } from './states.tsx'

export function RevocableList<T>(props: {
  query: UseQueryResult<{ readonly items: readonly T[] }>
  label: string
  /** Shown where there is none. */
  none: ReactNode
  row: (item: T) => ReactNode
}) {
  const { query, label, none, row } = props
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          none
        ) : (
          <Table aria-label={label}>
            <Table.Tbody>{items.map(row)}</Table.Tbody>
          </Table>
        )
      }
    </Loaded>
  )
}

/** Makes something with a name, and shows its secret once. */
export function NewSecret<T>(props: {
  make: UseMutationResult<T, Error, string>
  /** What the name is of. */
  label: string
  action: string
  copy: { readonly title: string; readonly secret: (made: T) => string }
  /** Further fields. */
  children?: ReactNode
}) {
  const { make, label, action, copy, children } = props
  const [name, setName] = useState('')
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        make.mutate(name.trim(), { onSuccess: () => setName('') })
      }}
    >
      <Stack gap="sm">
        <Group align="flex-end" gap="sm">
          <TextInput
            label={label}
            required
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            style={{ flex: 1, minWidth: 200, maxWidth: 400 }}
          />
          {children}
          <Button type="submit" variant="default" loading={make.isPending}>
            {action}
          </Button>
        </Group>
        {make.isError && <ProblemAlert error={make.error} />}
        {make.data !== undefined && <CopyOnce title={copy.title} secret={copy.secret(make.data)} />}
      </Stack>
    </form>
  )
}

/** What a page shows while it waits, when it failed and when there is nothing. */
import { Alert, Button, Skeleton, Stack, Text } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Problem } from '../api/request.ts'

export function ProblemAlert({ error, retry }: { error: Error; retry?: () => void }) {
  const isProblem = error instanceof Problem
  // A refusal without more to say repeats its title.
  const saysMore = !isProblem || error.message !== error.title
  return (
    <Alert color="red" role="alert" title={isProblem ? error.title : 'Something went wrong'}>
      <Stack gap="xs" align="flex-start">
        {saysMore && <Text size="sm">{error.message}</Text>}
        {isProblem && <Text size="sm">{error.remedy}</Text>}
        {retry && (
          <Button size="xs" variant="light" color="red" onClick={retry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  )
}

export function Nothing({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Stack gap={4} py="xl" align="center" ta="center">
      <Text fw={600}>{title}</Text>
      <Text size="sm" c="dimmed" component="div">
        {children}
      </Text>
    </Stack>
  )
}

/** Shows `children(data)` once the data is there. */
export function Loaded<T>(props: { query: UseQueryResult<T>; children: (data: T) => ReactNode }) {
  const { query, children } = props
  if (query.data !== undefined) return children(query.data)
  if (query.isError) return <ProblemAlert error={query.error} retry={() => void query.refetch()} />
  return (
    <Stack gap="sm" aria-busy="true" aria-label="Loading">
      {[0, 1, 2, 3].map((row) => (
        <Skeleton key={row} height={28} />
      ))}
    </Stack>
  )
}

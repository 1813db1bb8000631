/** A row of something with a name that works until it is revoked: a key, a secret address. */
import { Badge, Table, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { request } from '../api/request.ts'
import { ProblemAlert } from './states.tsx'
import { SureButton } from './sure-button.tsx'

export interface RevocableRowProps {
  readonly item: { readonly name: string; readonly revoked_at: string | null }
  /** Deleting it revokes. */
  readonly path: string
  /** Query that lists it. */
  readonly listed: string
  readonly note: ReactNode
  /** Cells between the name and the button. */
  readonly children?: ReactNode
}

export function RevocableRow({ item, path, listed, note, children }: RevocableRowProps) {
  const queries = useQueryClient()
  const revoke = useMutation({
    mutationFn: () => request('DELETE', path),
    onSuccess: () => queries.invalidateQueries({ queryKey: [listed] }),
  })
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <Text size="sm" fw={600}>
          {item.name}
        </Text>
        <Text size="xs" c="dimmed">
          {note}
        </Text>
        {revoke.isError && <ProblemAlert error={revoke.error} />}
      </Table.Td>
      {children}
      <Table.Td ta="right">
        {item.revoked_at !== null ? (
          <Badge color="gray">revoked</Badge>
        ) : (
          <SureButton
            action="Revoke"
            of={item.name}
            color="red"
            loading={revoke.isPending}
            onSure={() => revoke.mutate()}
          />
        )}
      </Table.Td>
    </Table.Tr>
  )
}

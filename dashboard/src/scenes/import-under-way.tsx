/** An import under way, what it did, and learning from it. */
import { Progress, Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { Importable, ImportAnswer, ImportDocument } from '../../../src/contract/index.ts'
import { request } from '../api/request.ts'
import { whole, wholePercent } from '../parts/numbers.ts'
import { RejectedRows } from '../parts/rejected-rows.tsx'
import { Section } from '../parts/section.tsx'
import { Loaded } from '../parts/states.tsx'
import { LearnNext } from './learn-next.tsx'

const LOOK_MS = 500

function didWhat({ created, changed = 0, unchanged = 0, listings = 0 }: ImportDocument): string {
  if (created === undefined) return `${whole(listings)} listings imported.`
  return `${whole(created)} leads made, ${whole(changed)} changed, ${whole(unchanged)} as before.`
}

export function ImportUnderWay(props: { importId: number; file: File; kind: Importable }) {
  const { importId, file, kind } = props
  const queries = useQueryClient()
  const under = useQuery({
    queryKey: ['imports', importId],
    queryFn: () => request<ImportAnswer>('GET', `/v1/imports/${importId}`),
    refetchInterval: ({ state }) => (state.data?.status === 'running' || !state.data) && LOOK_MS,
  })
  const status = under.data?.status
  useEffect(() => {
    if (status === undefined || status === 'running') return
    for (const queryKey of [['imports'], ['leads'], ['board']])
      void queries.invalidateQueries({ queryKey, exact: true })
  }, [status, queries])
  return (
    <Section title={status === 'done' ? 'Imported' : 'Importing'} note={file.name}>
      <Loaded query={under}>
        {({ progress, result, error }) => (
          <Stack gap="sm" aria-live="polite">
            {status === 'running' && (
              <>
                <Text size="sm">{wholePercent(progress)}</Text>
                <Progress value={100 * progress} animated aria-label="Import" />
              </>
            )}
            {error !== null && (
              <Text size="sm" c="red" role="alert">
                {error}
              </Text>
            )}
            {result !== null && (
              <>
                <Text size="sm">{didWhat(result)}</Text>
                <RejectedRows
                  file={file}
                  count={result.rejected}
                  rejections={result.rejections ?? []}
                />
                {kind === 'leads' && <LearnNext />}
              </>
            )}
          </Stack>
        )}
      </Loaded>
    </Section>
  )
}

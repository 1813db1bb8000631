/** Retraining a model: asked for, under way, and what came of the last one. */
import { Button, Card, Group, Progress, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { RetrainingsAnswer, RetrainStatus } from '../../../src/contract/index.ts'
import { request } from '../api/request.ts'
import { Moment } from '../parts/moment.tsx'
import { wholePercent } from '../parts/numbers.ts'
import { Loaded, ProblemAlert } from '../parts/states.tsx'

const OPEN_MS = 1_000
const REST_MS = 30_000

const isOpen = ({ status }: RetrainStatus) => status === 'waiting' || status === 'running'

function Outcome({ job }: { job: RetrainStatus }) {
  const { results, error } = job
  const said =
    job.status === 'failed'
      ? `failed: ${error ?? 'nobody knows why'}`
      : results === null
        ? 'ended'
        : results.version === null
          ? `kept version ${results.champion_version ?? 0}: ${results.verdict.because}`
          : `made version ${results.version}: ${results.verdict.because}`
  return (
    <Text size="sm" c={job.status === 'failed' ? 'red' : 'inherit'}>
      The retraining of <Moment at={job.requested_at} /> {said}.
      {job.reason !== null && ` It was asked for by drift: ${job.reason}.`}
    </Text>
  )
}

function Progressing({ job }: { job: RetrainStatus }) {
  const said = job.status === 'waiting' ? 'waits for a worker' : wholePercent(job.progress)
  return (
    <>
      <Text size="sm" mb={4}>
        Retraining: {said}
        {job.reason !== null && `, asked for by drift: ${job.reason}`}
      </Text>
      <Progress value={100 * job.progress} animated aria-label="Retraining" />
    </>
  )
}

export function Retraining({ model }: { model: string }) {
  const queries = useQueryClient()
  const jobs = useQuery({
    queryKey: ['retrainings'],
    queryFn: () => request<RetrainingsAnswer>('GET', '/v1/ml/retrainings'),
    refetchInterval: ({ state }) => (state.data?.items.some(isOpen) === true ? OPEN_MS : REST_MS),
  })
  const start = useMutation({
    mutationFn: () => request('POST', '/v1/ml/trigger-retrain', { model }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['retrainings'] }),
  })
  const own = jobs.data?.items.filter((job) => job.model === model) ?? []
  const open = own.findLast(isOpen)
  const isWorking = open !== undefined
  const wasWorking = useRef(false)
  useEffect(() => {
    if (wasWorking.current && !isWorking) void queries.invalidateQueries({ queryKey: ['models'] })
    wasWorking.current = isWorking
  }, [isWorking, queries])
  return (
    <Card withBorder component="section" aria-label="Retraining" padding="sm">
      <Loaded query={jobs}>
        {() => (
          <Group justify="space-between" gap="md" wrap="nowrap">
            <div style={{ flex: 1, minWidth: 0 }} aria-live="polite">
              {open !== undefined ? (
                <Progressing job={open} />
              ) : own[0] !== undefined ? (
                <Outcome job={own[0]} />
              ) : (
                <Text size="sm" c="dimmed">
                  Learns from all that is known by now; only a better version goes live.
                </Text>
              )}
              {start.isError && <ProblemAlert error={start.error} />}
            </div>
            <Button
              size="sm"
              loading={start.isPending}
              disabled={isWorking}
              onClick={() => start.mutate()}
            >
              Retrain
            </Button>
          </Group>
        )}
      </Loaded>
    </Card>
  )
}

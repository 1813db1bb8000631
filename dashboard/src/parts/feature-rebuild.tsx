/** A notice while leads are worked through again after a change of what features mean. */
import { Alert, Progress, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { FeatureRebuildAnswer } from '../../../src/contract/index.ts'
import { request } from '../api/request.ts'
import { wholePercent } from './numbers.ts'

const RUNNING_MS = 3_000
const REST_MS = 60_000
const MINUTE_SECONDS = 60

function leftOf(seconds: number | null): string {
  if (seconds === null) return ''
  const minutes = Math.round(seconds / MINUTE_SECONDS)
  if (minutes < 1) return ', less than a minute left'
  return `, about ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} left`
}

/** Nothing while nothing is rebuilt, or while it is not known. */
export function FeatureRebuild() {
  const { data } = useQuery({
    queryKey: ['feature-rebuild'],
    queryFn: () => request<FeatureRebuildAnswer>('GET', '/v1/features/rebuild'),
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? RUNNING_MS : REST_MS),
  })
  if (data?.status !== 'running') return null
  const { progress, seconds_left } = data
  return (
    <Alert color="blue" role="status" mb="md" p="xs" title="Scores are being brought up to date">
      <Text size="sm" mb={4}>
        This version measures behavior in a new way. Each lead keeps its last score until its turn
        comes: {wholePercent(progress)} done{leftOf(seconds_left)}.
      </Text>
      <Progress value={100 * progress} size="sm" aria-label="Leads worked through again" />
    </Alert>
  )
}

/** Why a lead has its score: sentences, each with a bar as long as its share. */
import { Alert, Button, Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import type { Factor, ScoreAnswer } from '../../../src/contract/index.ts'
import { useLive } from '../api/live.ts'
import { request } from '../api/request.ts'
import { Chance } from '../parts/chance.tsx'
import { percent } from '../parts/numbers.ts'
import '../parts/factors.css'
import { Section } from '../parts/section.tsx'
import { Loaded } from '../parts/states.tsx'

const SHOWN = 6
/** Scores of a lead that acts on and on are read anew this often at most. */
const GATHER_MS = 300

function Bars({ factors }: { factors: readonly Factor[] }) {
  const [all, setAll] = useState(false)
  const most = Math.max(...factors.map((one) => Math.abs(one.contribution)))
  return (
    <>
      <ol className="factors">
        {(all ? factors : factors.slice(0, SHOWN)).map(({ feature, sentence, contribution }) => (
          <li key={feature}>
            <Text size="sm">{sentence}</Text>
            <div className="factor-bar" aria-hidden data-against={contribution < 0}>
              <i style={{ width: `${(100 * Math.abs(contribution)) / most}%` }} />
            </div>
          </li>
        ))}
      </ol>
      {factors.length > SHOWN && (
        <Button
          variant="subtle"
          size="compact-sm"
          style={{ alignSelf: 'start' }}
          aria-expanded={all}
          onClick={() => setAll(!all)}
        >
          {all ? 'Show fewer' : `Show all ${factors.length}`}
        </Button>
      )}
    </>
  )
}

function about({ model, prior, prior_from }: ScoreAnswer): string {
  if (model === null) return 'No model is live: a guess'
  const average =
    prior === null ? '' : `; the average of this ${prior_from ?? 'kind'} is ${percent(prior)}`
  return `Chance as version ${model.version} sees it${average}`
}

export function Reasons({ leadId }: { leadId: string }) {
  const queries = useQueryClient()
  const queryKey = ['score', leadId]
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const readAnew = () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined
      void queries.invalidateQueries({ queryKey })
    }, GATHER_MS)
  }
  useLive('scores', (frame) => {
    if (frame.type === 'reset' || (frame.type === 'score' && frame.data.lead_id === leadId))
      readAnew()
  })
  const score = useQuery({
    queryKey,
    queryFn: () => request<ScoreAnswer>('GET', `/v1/leads/${encodeURIComponent(leadId)}/score`),
  })
  return (
    <Section title="Score" {...(score.data !== undefined && { note: about(score.data) })}>
      <Loaded query={score}>
        {(answer) => (
          <Stack gap="sm">
            <Chance of={answer} />
            {answer.prior_interval !== null && (
              <Text size="sm">
                No score: {answer.reason}. {answer.prior_sentence} It vanishes when a model that
                learned from your own leads goes live.
                {answer.factors.length === 0
                  ? ' The lead has done nothing so far that would move it.'
                  : ' What moves it, against the average lead of those markets:'}
              </Text>
            )}
            {answer.factors.length > 0 && <Bars factors={answer.factors} />}
            {answer.call_next.not_called !== null && (
              <Alert color="gray" p="xs" title="Not on the call list">
                {answer.call_next.reasons.join('; ')}.
              </Alert>
            )}
            {answer.call_next.not_called === null && answer.call_next.reasons.length > 0 && (
              <Text size="xs" c="dimmed">
                For a call: {answer.call_next.reasons.join('; ')}.
              </Text>
            )}
          </Stack>
        )}
      </Loaded>
    </Section>
  )
}

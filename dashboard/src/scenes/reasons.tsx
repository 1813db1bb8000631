/** Why a lead has its score: sentences, each with a bar as long as its share. */
import { Card, Progress, Stack, Text, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { ScoreAnswer } from '../../../src/contract/index.ts'
import { useLive } from '../api/live.ts'
import { request } from '../api/request.ts'
import { Chance } from '../parts/chance.tsx'
import { Loaded } from '../parts/states.tsx'

export function Reasons({ leadId }: { leadId: string }) {
  const queries = useQueryClient()
  const queryKey = ['score', leadId]
  useLive('scores', (frame) => {
    if (frame.type === 'reset' || (frame.type === 'score' && frame.data.lead_id === leadId))
      void queries.invalidateQueries({ queryKey })
  })
  const score = useQuery({
    queryKey,
    queryFn: () => request<ScoreAnswer>('GET', `/v1/leads/${encodeURIComponent(leadId)}/score`),
  })
  return (
    <Card withBorder component="section" aria-label="Score">
      <Title order={2} size="h5" mb="xs">
        Score
      </Title>
      <Loaded query={score}>
        {(answer) => {
          const most = Math.max(...answer.factors.map((one) => Math.abs(one.contribution)))
          return (
            <Stack gap="xs">
              <Chance of={answer} />
              {answer.factors.map(({ feature, sentence, contribution }) => (
                <div key={feature}>
                  <Text size="sm">{sentence}</Text>
                  <Progress
                    aria-label={`${contribution < 0 ? 'Lowers' : 'Raises'} the score: ${sentence}`}
                    color={contribution < 0 ? 'orange' : 'blue'}
                    value={most > 0 ? (100 * Math.abs(contribution)) / most : 0}
                  />
                </div>
              ))}
            </Stack>
          )
        }}
      </Loaded>
    </Card>
  )
}

/** Models: what is live, how good it was, how its predictions came out, what was live before. */
import { Badge, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import type {
  Evaluation,
  ModelHealth,
  ModelVersion,
  TrainingRecord,
  VersionsAnswer,
} from '../../../src/contract/index.ts'
import { useLive } from '../api/live.ts'
import { useActors } from '../api/names.ts'
import { request } from '../api/request.ts'
import { useSessionUser } from '../api/session.ts'
import { Calibration } from '../parts/calibration.tsx'
import { Inputs, Measures, WhenSure } from '../parts/evaluation.tsx'
import { FeatureCoverage } from '../parts/feature-coverage.tsx'
import { Moment } from '../parts/moment.tsx'
import { percentOne, three, whole } from '../parts/numbers.ts'
import { Readiness } from '../parts/readiness.tsx'
import { Section } from '../parts/section.tsx'
import { Loaded, Nothing } from '../parts/states.tsx'
import { Retraining } from './retraining.tsx'
import { Versions } from './versions.tsx'

const FIRST = 'lead_scoring'
/** `lead_scoring` as people say it. */
const titleOf = (model: string) =>
  (model.charAt(0).toUpperCase() + model.slice(1)).replaceAll('_', ' ')

function madeOf({ learned_from, leads, positives, horizon_days, period }: TrainingRecord): string {
  const share = leads > 0 ? ` (${percentOne(positives / leads)})` : ''
  const of = `${whole(leads)} leads, ${whole(positives)} of them converted${share}`
  if (learned_from === 'attributes') return `Learned from the attributes of ${of}, without dates`
  const day = (time: string) =>
    new Date(time).toLocaleDateString(undefined, { dateStyle: 'medium' })
  const when = period === null ? '' : `, ${day(period.from)} to ${day(period.to)}`
  return `Learned from the behavior of ${of}${when}; looks ${horizon_days} days ahead`
}

const howItWent = ({ roc_auc, log_loss, brier, ece, rate }: Evaluation): string =>
  `AUC ${roc_auc === null ? '–' : three(roc_auc)}, log loss ${three(log_loss)}, ` +
  `Brier ${three(brier)}, calibration error ${three(ece)}; ${percentOne(rate)} converted.`

function CameOut({ model }: { model: string }) {
  const health = useQuery({
    queryKey: ['models', model, 'health'],
    queryFn: () => request<ModelHealth>('GET', `/v1/ml/models/${model}/health`),
  })
  return (
    <Section
      title="How its predictions came out"
      note="Those that were shown, acted on or taken daily; younger than the horizon they are open"
    >
      <Loaded query={health}>
        {({ live: { predictions, open, settled, evaluation } }) => (
          <Text size="sm">
            {whole(predictions)} predictions: {whole(open)} open, {whole(settled)} settled.{' '}
            {evaluation === null
              ? 'Nothing can be said before some are settled.'
              : howItWent(evaluation)}
          </Text>
        )}
      </Loaded>
    </Section>
  )
}

function Champion({ version }: { version: ModelVersion }) {
  const actorOf = useActors()
  const { training } = version
  return (
    <>
      <div>
        <Group gap="xs">
          <Title order={2} size="h4">
            {titleOf(version.model)}
          </Title>
          <Badge>version {version.version}, live</Badge>
        </Group>
        <Text size="sm" c="dimmed">
          Trained <Moment at={version.created_at} /> by {actorOf(version.created_by)}
          {version.note !== '' && <>; {version.note}</>}.
          {training !== null && <> {madeOf(training)}.</>}
        </Text>
      </div>
      {training === null ? (
        <Nothing title="This version was published without a record of its training" />
      ) : (
        <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: 'start' }}>
          <Stack>
            <Measures record={training} />
            <WhenSure evaluation={training.challenger} />
            <CameOut model={version.model} />
          </Stack>
          <Stack>
            <Calibration bins={training.challenger.calibration} />
            <Inputs summary={training.summary} />
          </Stack>
        </SimpleGrid>
      )}
    </>
  )
}

export function Models() {
  const queries = useQueryClient()
  const user = useSessionUser()
  const models = useQuery({
    queryKey: ['models'],
    queryFn: () => request<VersionsAnswer>('GET', '/v1/ml/models'),
  })
  useLive('models', ({ type }) => {
    if (type === 'model' || type === 'reset')
      void queries.invalidateQueries({ queryKey: ['models'] })
  })
  const isAdmin = user?.role === 'admin'
  return (
    <Stack maw={1280}>
      <Title order={1} size="h3">
        Models
      </Title>
      <Loaded query={models}>
        {({ items }) => {
          const champions = items.filter(({ aliases }) => aliases.includes('champion'))
          return (
            <>
              {champions.length === 0 && (
                <Nothing title="No model is live yet">
                  A first model is learned from leads whose outcome is known: import leads, or
                  record events and outcomes. It must beat the base rate and the rules.
                </Nothing>
              )}
              {isAdmin && <Retraining model={FIRST} />}
              {isAdmin && <Readiness />}
              <FeatureCoverage />
              {champions.map((version) => (
                <Stack key={version.model} component="section" aria-label={titleOf(version.model)}>
                  <Champion version={version} />
                  <Versions model={version.model} mayRollBack={isAdmin} />
                </Stack>
              ))}
            </>
          )
        }}
      </Loaded>
    </Stack>
  )
}

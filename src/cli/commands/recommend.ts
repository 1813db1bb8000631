/** `recommend`: trains and evaluates a recommender on any interaction file. */
import { InvalidArgumentError, Option, type Command } from 'commander'
import {
  evaluateRanking,
  holdOut,
  recommenderFromState,
  selectRecommender,
  type RankingQuality,
  type RecommenderFamily,
  type Selection,
} from '../../learners/index.ts'
import { SetupError, systemClock } from '../../platform/index.ts'
import { interactionSet, positiveRows, type InteractionSet } from '../recommend/catalogue.ts'
import {
  readInteractions,
  UnknownColumnError,
  type InteractionRows,
} from '../recommend/interactions.ts'
import type { Define, Terminal } from '../terminal.ts'

const MODELS = ['auto', 'als', 'bpr', 'ease', 'gfcf', 'item-knn', 'popular'] as const
const HELD_OUT_SHARE = 0.2

interface Options {
  readonly train: string
  readonly test?: string
  readonly user: string
  readonly item: string
  readonly value?: string
  readonly time?: string
  readonly model: RecommenderFamily | 'auto'
  readonly k: number
  readonly minValue: number
  readonly budget: number
  readonly seed: number
  readonly header: boolean
}

const numberIn =
  (min: number, max: number, whole: boolean) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() !== '' && value >= min && value <= max && (!whole || Number.isInteger(value)))
      return value
    throw new InvalidArgumentError(`expected a ${whole ? 'whole ' : ''}number ${min} to ${max}.`)
  }

export const define: Define = (command, terminal) => {
  command
    .requiredOption('--train <file>', 'interactions, CSV or TSV, also .gz')
    .option('--test <file>', 'what to predict; without it a fifth of every user is held out')
    .requiredOption('--user <column>', 'who')
    .requiredOption('--item <column>', 'what')
    .option('--value <column>', 'how much (count, seconds, rating); rows of 0 or less are left out')
    .option('--time <column>', 'when; the latest are held out (ISO 8601 or epoch)')
    .addOption(new Option('--model <name>', 'kind of model').choices(MODELS).default('auto'))
    .option('--k <n>', 'length of the lists', numberIn(1, 1000, true), 20)
    .option(
      '--min-value <n>',
      'lowest value that counts as liked',
      numberIn(-1e300, 1e300, false),
      0,
    )
    .option('--budget <seconds>', 'time to search for settings', numberIn(0, 86_400, false), 60)
    .option('--seed <n>', 'seed of every random choice', numberIn(0, 2 ** 32 - 1, true), 0)
    .option('--no-header', 'the files have no header; columns are 1, 2, 3 ...')
    .action(async () => {
      await recommend(command, command.opts<Options>(), terminal)
    })
}

async function load(
  command: Command,
  options: Options,
  terminal: Terminal,
  file: string,
): Promise<InteractionRows> {
  const { user, item, value, time, header } = options
  // The test file needs no values or times unless they decide which rows count.
  const isTrain = file === options.train
  const wanted = {
    user,
    item,
    value: isTrain || options.minValue > 0 ? value : undefined,
    time: isTrain ? time : undefined,
    numbered: !header,
  }
  try {
    const rows = await readInteractions(file, wanted)
    if (rows.rejected > 0) {
      const first = rows.examples.map(({ line, reason }) => `line ${line}: ${reason}`).join('; ')
      terminal.note(
        `${file}: ${rows.rejected} rows left out (${first}${rows.rejected > 5 ? '; …' : ''})`,
      )
    }
    return positiveRows(rows, options.minValue)
  } catch (error) {
    if (error instanceof UnknownColumnError) command.error(`error: ${error.message}`)
    throw error
  }
}

/** What is trained on and what is judged by. */
function judgedParts(set: InteractionSet, { seed }: Options) {
  const { taken, times, relevant } = set
  if (relevant !== undefined) return { taken, times, relevant }
  const { train, held, trainTimes } = holdOut(taken, HELD_OUT_SHARE, { seed, times })
  return { taken: train, times: trainTimes, relevant: held }
}

async function recommend(command: Command, options: Options, terminal: Terminal): Promise<void> {
  const trainRows = await load(command, options, terminal, options.train)
  const testRows =
    options.test === undefined ? undefined : await load(command, options, terminal, options.test)
  if (trainRows.users.length === 0)
    throw new SetupError(`${options.train} has no usable rows: nothing to learn from`)
  const set = interactionSet(trainRows, testRows)
  const { taken, times, relevant } = judgedParts(set, options)
  const bar = terminal.progress('search', 1)
  const began = systemClock.monotonic()
  const selection = selectRecommender(
    taken,
    {
      family: options.model,
      k: options.k,
      budgetMs: options.budget * 1000,
      seed: options.seed,
      clock: systemClock,
      times,
    },
    { progress: (fraction, note) => bar.update(fraction, note) },
  )
  const trainingMs = Math.round(systemClock.monotonic() - began)
  bar.end()
  const recommender = recommenderFromState(selection.state)
  const quality = evaluateRanking(recommender, taken, relevant, options.k)
  if (quality.users === 0)
    terminal.note('nobody has anything to predict: the measures are 0 for want of a test')
  const answer = {
    ...measures(quality, options.k),
    users: set.users,
    items: set.items,
    interactions: taken.indices.length,
    training_ms: trainingMs,
    model: selection.state.kind,
    settings: settingsOf(selection),
    test_users: quality.users,
    test_interactions: relevant.indices.length,
    cold_test_users: set.coldUsers,
    cold_test_items: set.coldItems,
    duplicate_rows: set.duplicates,
    rejected_rows: trainRows.rejected + (testRows?.rejected ?? 0),
  }
  terminal.result(answer, () => table(answer))
}

const round = (value: number): number => Number(value.toFixed(6))

function measures(quality: RankingQuality, k: number): Record<string, number> {
  return {
    [`recall@${k}`]: round(quality.recall),
    [`ndcg@${k}`]: round(quality.ndcg),
    [`map@${k}`]: round(quality.map),
    'precision@10': round(quality.precision10),
    coverage: round(quality.coverage),
    gini: round(quality.gini),
  }
}

function settingsOf({ parts }: Selection): unknown {
  if (parts.length === 1) return parts[0]!.settings
  return {
    parts: parts.map(({ family, weight, settings }) => ({ model: family, weight, settings })),
  }
}

function table(answer: Readonly<Record<string, unknown>>): string {
  return Object.entries(answer)
    .map(([key, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      return `${key.padEnd(20)}${text}`
    })
    .join('\n')
}

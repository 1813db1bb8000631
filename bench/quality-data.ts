/** The tabular yardsticks: data sets, their columns and their fixed splits. */
import { join } from 'node:path'
import { readDelimited } from '../src/platform/index.ts'
import {
  buildRawTable,
  frameOf,
  takeRawRows,
  takeRows,
  type ColumnPlan,
  type Frame,
  type RawTable,
} from '../src/learners/index.ts'
import { fnv1a } from '../src/math/index.ts'

const SHARED = process.env['EH_SHARED'] ?? join(import.meta.dirname, '..', '..', 'shared')

export async function readShared(path: string): Promise<RawTable> {
  const file = await readDelimited(join(SHARED, 'data', path))
  const builder = buildRawTable(file.header)
  for await (const row of file.rows) builder.add(row)
  return builder.finish()
}

export interface Part {
  readonly frame: Frame
  readonly labels: Float64Array
}

export interface Yardstick {
  readonly name: string
  readonly train: Part
  readonly test: Part
  /** Figures on the same test rows of the reference model with the best AUC; ECE15 of the stack. */
  readonly best: { auc: number; logLoss: number; ece: number; accuracy85: number; cover85: number }
}

/** A row is in the test part when FNV-1a of "<data set>:<row>" is divisible by 5. */
function split(name: string, frame: Frame, labels: Float64Array): { train: Part; test: Part } {
  const rows = Array.from({ length: frame.rows }, (_, i) => i)
  const part = (test: boolean): Part => {
    const own = rows.filter((i) => (fnv1a(`${name}:${i}`) % 5 === 0) === test)
    return { frame: takeRows(frame, own), labels: Float64Array.from(own, (i) => labels[i]!) }
  }
  return { train: part(false), test: part(true) }
}

/** The cell as text; undefined when missing. */
const cell = (table: RawTable, name: string): ((row: number) => string | undefined) => {
  const column = table.columns.find((c) => c.name === name)
  if (!column) throw new Error(`no column ${name}`)
  return (row) => column.levels[column.codes[row]!]
}

function plansOf(numeric: readonly string[], categorical: readonly string[]): ColumnPlan[] {
  return [
    ...numeric.map((name): ColumnPlan => ({ kind: 'numeric', name })),
    ...categorical.map((name): ColumnPlan => ({ kind: 'categorical', name, levels: [] })),
  ]
}

const XEDUCATION = `Lead Origin, Lead Source, Do Not Email, Do Not Call, Country, Specialization,
  How did you hear about X Education, What is your current occupation,
  What matters most to you in choosing a course, Search, Magazine, Newspaper Article,
  X Education Forums, Newspaper, Digital Advertisement, Through Recommendations,
  Receive More Updates About Our Courses, Update me on Supply Chain Content,
  Get updates on DM Content, City, I agree to pay the amount through cheque,
  A free copy of Mastering The Interview`

async function xeducation(): Promise<Yardstick> {
  const name = 'xeducation-leads'
  const table = await readShared(`${name}/leads.csv.gz`)
  const numbers = ['TotalVisits', 'Total Time Spent on Website', 'Page Views Per Visit']
  const frame = frameOf(table, plansOf(numbers, XEDUCATION.split(/,\s+/)))
  const label = cell(table, 'Converted')
  const labels = Float64Array.from({ length: table.rows }, (_, i) => Number(label(i)))
  const best = { auc: 0.8825, logLoss: 0.4049, ece: 0.0315, accuracy85: 0.9465, cover85: 0.4451 }
  return { name, best, ...split(name, frame, labels) }
}

const TELCO = `gender, Partner, Dependents, PhoneService, MultipleLines, InternetService,
  OnlineSecurity, OnlineBackup, DeviceProtection, TechSupport, StreamingTV, StreamingMovies,
  Contract, PaperlessBilling, PaymentMethod`

async function telco(): Promise<Yardstick> {
  const name = 'ibm-telco-churn'
  const table = await readShared(`${name}/Telco-Customer-Churn.csv.gz`)
  const numbers = ['SeniorCitizen', 'tenure', 'MonthlyCharges', 'TotalCharges']
  const frame = frameOf(table, plansOf(numbers, TELCO.split(/,\s+/)))
  const label = cell(table, 'Churn')
  const labels = Float64Array.from({ length: table.rows }, (_, i) => (label(i) === 'Yes' ? 1 : 0))
  const best = { auc: 0.8526, logLoss: 0.4076, ece: 0.0231, accuracy85: 0.9525, cover85: 0.4533 }
  return { name, best, ...split(name, frame, labels) }
}

async function olist(): Promise<Yardstick> {
  const name = 'olist-marketing-funnel'
  const table = await readShared(`${name}/marketing_qualified_leads.csv.gz`)
  const closed = await readShared(`${name}/closed_deals.csv.gz`)
  const deal = cell(closed, 'mql_id')
  const won = new Set(Array.from({ length: closed.rows }, (_, i) => deal(i)))
  const id = cell(table, 'mql_id')
  const labels = Float64Array.from({ length: table.rows }, (_, i) => (won.has(id(i)) ? 1 : 0))
  const date: ColumnPlan = {
    kind: 'date',
    name: 'first_contact_date',
    order: 'month-first',
    parts: ['year', 'month', 'day of month', 'weekday'],
  }
  const frame = frameOf(table, [date, ...plansOf([], ['landing_page_id', 'origin'])])
  const best = { auc: 0.7399, logLoss: 0.2878, ece: 0.0172, accuracy85: 0.9486, cover85: 0.7255 }
  return { name, best, ...split(name, frame, labels) }
}

/** The three sets of the yardsticks, each with its fixed split. */
export async function yardsticks(): Promise<Yardstick[]> {
  return [await xeducation(), await telco(), await olist()]
}

/** The e-mail experiment: arms 0 none, 1 women's and 2 men's mailing; the outcome is a visit. */
export async function mailings() {
  const table = await readShared('hillstrom/hillstrom.csv.gz')
  const numbers = ['recency', 'history', 'mens', 'womens', 'newbie']
  const plans = plansOf(numbers, ['history_segment', 'zip_code', 'channel'])
  const segment = cell(table, 'segment')
  const visit = cell(table, 'visit')
  const arm = (row: number): number => {
    const text = segment(row) ?? ''
    return text.startsWith('Womens') ? 1 : text.startsWith('Mens') ? 2 : 0
  }
  const rows = Array.from({ length: table.rows }, (_, i) => i)
  return {
    frame: frameOf(takeRawRows(table, rows), plans),
    arms: Float64Array.from(rows, arm),
    visits: Float64Array.from(rows, (row) => Number(visit(row))),
  }
}

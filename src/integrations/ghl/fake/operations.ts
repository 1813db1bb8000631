/**
 * The operations a request is checked against: those of the OpenAPI files where they are present,
 * else those that this product uses.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { SetupError } from '../../../platform/index.ts'
import { ENDPOINTS } from '../endpoints.ts'

export interface Operation {
  readonly method: string
  readonly path: string
  readonly version: string | undefined
  /** Names of query parameters; others are refused. */
  readonly queryNames: ReadonlySet<string>
  /** Compiled when first asked for: the files hold hundreds. */
  readonly checkQuery: () => ValidateFunction
  readonly checkBody: (() => ValidateFunction) | undefined
}

export interface FoundOperation {
  readonly operation: Operation
  readonly parameters: Readonly<Record<string, string>>
}

export interface Operations {
  /** What the checks rest on, in words. */
  readonly source: string
  readonly count: number
  readonly find: (method: string, path: string) => FoundOperation | undefined
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema?: Readonly<Record<string, unknown>>
}
type Body = { readonly content?: Readonly<Record<string, { readonly schema?: object }>> }
interface Declared {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: Body
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Declared>>>>
  readonly components?: object
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete']

/** The files hold keywords of OpenAPI, and examples of other types than they declare. */
const compilerOf = (coerceTypes: boolean) =>
  new Ajv({ strict: false, coerceTypes, allErrors: true, validateFormats: false, logger: false })

const once = <T>(make: () => T): (() => T) => {
  let made: T | undefined
  return () => (made ??= make())
}

function querySchema(parameters: readonly Parameter[]): object {
  return {
    type: 'object',
    properties: Object.fromEntries(parameters.map(({ name, schema = {} }) => [name, schema])),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
  }
}

/** The Version header of an operation, which the files declare as a parameter of one value. */
function versionOf(parameters: readonly Parameter[]): string | undefined {
  const header = parameters.find((parameter) => parameter.name === 'Version')
  return (header?.schema?.['enum'] as string[] | undefined)?.[0]
}

function fromDocument(document: Document): Operation[] {
  const { components } = document
  const bodies = compilerOf(false)
  const queries = compilerOf(true)
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method): Operation[] => {
      const declared = item[method]
      if (declared === undefined) return []
      const { parameters = [], requestBody } = declared
      const query = parameters.filter((parameter) => parameter.in === 'query')
      const schema = requestBody?.content?.['application/json']?.schema
      return [
        {
          method: method.toUpperCase(),
          path,
          version: versionOf(parameters),
          queryNames: new Set(query.map(({ name }) => name)),
          checkQuery: once(() => queries.compile({ ...querySchema(query), components })),
          checkBody: schema && once(() => bodies.compile({ ...schema, components })),
        },
      ]
    }),
  )
}

function ownOperations(): Operation[] {
  const bodies = compilerOf(false)
  const queries = compilerOf(true)
  return Object.values(ENDPOINTS).map(({ method, path, version, query, body }) => ({
    method,
    path,
    version,
    queryNames: new Set(Object.keys(query.properties)),
    checkQuery: once(() => queries.compile(query)),
    checkBody: body && once(() => bodies.compile(body)),
  }))
}

/** The OpenAPI file says nothing of some bodies: there this product's own schema is stricter. */
function withOwnBodies(operations: readonly Operation[]): Operation[] {
  const own = ownOperations()
  return operations.map((operation) => {
    const same = own.find((o) => o.method === operation.method && o.path === operation.path)
    return same?.checkBody === undefined ? operation : { ...operation, checkBody: same.checkBody }
  })
}

const segmentsOf = (path: string): string[] => path.split('/').filter((part) => part !== '')

function match(template: string, path: string): Record<string, string> | undefined {
  const wanted = segmentsOf(template)
  const given = segmentsOf(path)
  if (wanted.length !== given.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [i, part] of wanted.entries()) {
    if (part.startsWith('{')) parameters[part.slice(1, -1)] = decodeURIComponent(given[i]!)
    else if (part !== given[i]) return undefined
  }
  return parameters
}

function tableOf(source: string, operations: readonly Operation[]): Operations {
  // A path without parameters is meant before one with: /contacts/search before /contacts/{id}.
  const ordered = [...operations].sort(
    (a, b) => a.path.split('{').length - b.path.split('{').length,
  )
  return {
    source,
    count: operations.length,
    find(method, path) {
      for (const operation of ordered) {
        if (operation.method !== method) continue
        const parameters = match(operation.path, path)
        if (parameters !== undefined) return { operation, parameters }
      }
      return undefined
    },
  }
}

/**
 * @param shared folder that holds specs/ghl; undefined: there is none
 * @throws SetupError when a file is there and cannot be used
 */
export async function loadOperations(shared: string | undefined): Promise<Operations> {
  const folder = shared === undefined ? undefined : join(shared, 'specs/ghl/v2-patched')
  const names = folder === undefined ? [] : await readdir(folder).catch(() => [])
  const files = names.filter((name) => name.endsWith('.json'))
  if (folder === undefined || files.length === 0)
    return tableOf('the schemas of this product (no OpenAPI files there)', ownOperations())
  const operations: Operation[] = []
  for (const file of files) {
    try {
      const text = await readFile(join(folder, file), 'utf8')
      operations.push(...fromDocument(JSON.parse(text) as Document))
    } catch (error) {
      throw new SetupError(`${join(folder, file)}: ${(error as Error).message}`)
    }
  }
  return tableOf(`${files.length} OpenAPI files`, withOwnBodies(operations))
}

/** Faults in words, as GoHighLevel's 422 lists them. */
export function faultsOf(errors: readonly ErrorObject[] | null | undefined): string[] {
  return (errors ?? []).map(({ instancePath, message }) =>
    `${instancePath.slice(1)} ${message ?? 'is wrong'}`.trim(),
  )
}

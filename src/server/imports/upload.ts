/** Receives an uploaded file into a folder of its own, unpacked, within bounds. */
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { FastifyRequest } from 'fastify'
import { AppError } from '../../core/index.ts'

/** Bytes of a file, both as sent and unpacked: small files can unpack into endless ones. */
const FILE_BYTES_MAX = 50 * 1024 * 1024
export const MAPPING_BYTES_MAX = 1024 * 1024

export interface Upload extends AsyncDisposable {
  readonly file: string
  readonly mapping: string | undefined
}

async function* bounded(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of source) {
    bytes += chunk.length
    if (bytes > FILE_BYTES_MAX)
      throw new AppError(
        'body-too-large',
        `The file has more than ${FILE_BYTES_MAX / 1024 / 1024} MiB (unpacked): import it in ` +
          'parts, or with the import command.',
      )
    yield chunk
  }
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await file.close()
  }
}

async function receiveFile(source: Readable | undefined, folder: string): Promise<string> {
  if (source === undefined) throw new AppError('invalid-request', 'Send the file as the body.')
  const sent = join(folder, 'sent')
  await pipeline(source, bounded, createWriteStream(sent))
  if (!(await isGzip(sent))) return sent
  const unpacked = join(folder, 'unpacked')
  try {
    await pipeline(createReadStream(sent), createGunzip(), bounded, createWriteStream(unpacked))
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('unusable-file', 'The file is damaged (gzip): pack and send it again.')
  }
  await rm(sent)
  return unpacked
}

/** What the parser of parts finds wrong with them is an Error and no more; disks give a code. */
const isBroken = (error: unknown): error is Error =>
  error instanceof Error && error.constructor === Error && !('code' in error)

async function receiveParts(request: FastifyRequest, folder: string) {
  let file: string | undefined
  let mapping: string | undefined
  for await (const part of request.parts()) {
    if (part.type === 'file') {
      if (file !== undefined) throw new AppError('invalid-request', 'Send one file at a time.')
      file = await receiveFile(part.file, folder)
    } else if (part.fieldname === 'mapping' && typeof part.value === 'string') {
      if (part.valueTruncated) throw new AppError('body-too-large', 'The mapping is too large.')
      mapping = join(folder, 'mapping.json')
      await writeFile(mapping, part.value)
    }
  }
  return { file, mapping }
}

/** @throws AppError when there is no file, or too much of it. */
export async function receiveUpload(request: FastifyRequest): Promise<Upload> {
  const folder = await mkdtemp(join(tmpdir(), 'enterprisehub-upload-'))
  const dispose = () => rm(folder, { recursive: true, force: true })
  try {
    const received = request.isMultipart()
      ? await receiveParts(request, folder).catch((error: unknown) => {
          if (!isBroken(error)) throw error
          throw new AppError('invalid-request', `The body is no form data: ${error.message}.`)
        })
      : {
          file: await receiveFile(request.body as Readable | undefined, folder),
          mapping: undefined,
        }
    const { file, mapping } = received
    if (file === undefined)
      throw new AppError('invalid-request', 'Send the file as a part named "file".')
    return { file, mapping, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

/** Rows that cannot be taken in, with why; all of them as a file. */
import { Button, Group, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { whole } from './numbers.ts'

interface Rejection {
  readonly line: number
  readonly reason: string
}

const SHOWN = 10

/** The lines of a file as text, unpacked. The server keeps no row it rejects: the sender does. */
async function linesOf(file: File): Promise<string[]> {
  const first = new Uint8Array(await file.slice(0, 2).arrayBuffer())
  const isPacked = first[0] === 0x1f && first[1] === 0x8b
  const bytes = isPacked
    ? file.stream().pipeThrough(new DecompressionStream('gzip'))
    : file.stream()
  return decoded(new Uint8Array(await new Response(bytes).arrayBuffer())).split(/\r\n|\n|\r/)
}

/** As the server reads it: UTF-16 by its mark, else UTF-8 where all of it is, else Windows. */
function decoded(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

async function download(file: File, rejections: readonly Rejection[]): Promise<void> {
  const lines = await linesOf(file)
  const documents = rejections.map(({ line, reason }) =>
    JSON.stringify({ line, reason, raw: lines[line - 1] ?? null }),
  )
  const url = URL.createObjectURL(new Blob([`${documents.join('\n')}\n`]))
  const link = document.createElement('a')
  link.href = url
  link.download = `${file.name}.rejected.jsonl`
  link.click()
  URL.revokeObjectURL(url)
}

export function RejectedRows(props: {
  file: File
  /** How many there are; at most the first 1,000 are named. */
  count: number
  rejections: readonly Rejection[]
}) {
  const { file, count, rejections } = props
  const [fault, setFault] = useState<string | null>(null)
  if (count === 0) return null
  const take = () => {
    setFault(null)
    download(file, rejections).catch((error: unknown) => setFault(String(error)))
  }
  return (
    <>
      <Group justify="space-between" mt="md" mb={4}>
        <Text size="sm" fw={600}>
          {count === 1 ? '1 row is' : `${whole(count)} rows are`} kept out
        </Text>
        <Button size="xs" variant="default" onClick={take}>
          Download {rejections.length < count ? `the first ${whole(rejections.length)}` : 'them'}
        </Button>
      </Group>
      {fault !== null && (
        <Text size="sm" c="red" role="alert">
          They could not be written: {fault}
        </Text>
      )}
      <Table verticalSpacing={2} aria-label="Rejected rows" tabularNums>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={80} ta="right">
              Line
            </Table.Th>
            <Table.Th>Why</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rejections.slice(0, SHOWN).map(({ line, reason }) => (
            <Table.Tr key={line}>
              <Table.Td ta="right">{whole(line)}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{reason}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {count > SHOWN && (
        <Text size="xs" c="dimmed">
          and {whole(count - SHOWN)} more
        </Text>
      )}
    </>
  )
}

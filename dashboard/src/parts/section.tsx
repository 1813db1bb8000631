/** A titled card of a page. */
import { Card, Group, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

export function Section(props: {
  title: string
  note?: ReactNode
  /** At the end of the title's line. */
  aside?: ReactNode
  children: ReactNode
}) {
  const { title, note, aside, children } = props
  return (
    <Card withBorder component="section" aria-label={title} padding="md">
      <Group justify="space-between" align="flex-start" mb="sm" gap="xs" wrap="nowrap">
        <div style={{ minWidth: 0 }}>
          <Title order={2} size="h5">
            {title}
          </Title>
          {note !== undefined && (
            <Text size="xs" c="dimmed" component="div">
              {note}
            </Text>
          )}
        </div>
        {aside !== undefined && <div style={{ flexShrink: 0 }}>{aside}</div>}
      </Group>
      {children}
    </Card>
  )
}

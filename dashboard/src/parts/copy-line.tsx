/** A text to be copied, with a button that does. */
import { Button, Code, CopyButton, Group } from '@mantine/core'

export function CopyLine({ text, label }: { text: string; label: string }) {
  return (
    <Group gap="xs" wrap="wrap">
      <Code style={{ overflowWrap: 'anywhere', minWidth: 0 }}>{text}</Code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button size="compact-xs" variant="light" onClick={copy} aria-label={`Copy ${label}`}>
            {copied ? 'Copied' : 'Copy'}
          </Button>
        )}
      </CopyButton>
    </Group>
  )
}

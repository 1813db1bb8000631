/** A secret that the product shows once, to be copied now. */
import { Alert, Button, Code, CopyButton, Stack } from '@mantine/core'
import type { ReactNode } from 'react'

export function CopyOnce(props: { title: string; secret: string; children?: ReactNode }) {
  const { title, secret, children } = props
  return (
    <Alert
      color="green"
      title={title}
      role="status"
      styles={{ title: { color: 'var(--mantine-color-text)' } }}
    >
      <Stack gap="xs" align="flex-start">
        <Code style={{ overflowWrap: 'anywhere' }}>{secret}</Code>
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button size="xs" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
        {children}
      </Stack>
    </Alert>
  )
}

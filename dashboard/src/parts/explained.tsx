/** A name that explains itself to pointer, finger, keyboard and screen reader. */
import { Tooltip, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { useId, type ReactNode } from 'react'

/** `help` is shown a line each beside the name, and read out after it. */
export function Explained({ help, children }: { help: readonly string[]; children: ReactNode }) {
  const id = useId()
  return (
    <>
      <Tooltip
        events={{ hover: true, focus: true, touch: true }}
        label={help.map((line) => (
          <div key={line}>{line}</div>
        ))}
        multiline
        maw={320}
        position="top-start"
      >
        <UnstyledButton
          aria-describedby={id}
          style={{ cursor: 'help', font: 'inherit', color: 'inherit', textAlign: 'start' }}
        >
          {children}
        </UnstyledButton>
      </Tooltip>
      <VisuallyHidden id={id}>{help.join(' ')}</VisuallyHidden>
    </>
  )
}

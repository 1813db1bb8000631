/** A button for what cannot be undone at once: the first press asks, the second does it. */
import { Button } from '@mantine/core'
import { useState } from 'react'

export function SureButton(props: {
  /** What it does, e.g. "Revoke". */
  action: string
  /** What it does it to, for those who hear the page. */
  of: string
  color: string
  loading: boolean
  onSure: () => void
}) {
  const { action, of, color, loading, onSure } = props
  const [asked, setAsked] = useState(false)
  const text = asked ? `Really ${action.toLowerCase()}?` : action
  return (
    <Button
      size="xs"
      color={color}
      variant={asked ? 'filled' : 'light'}
      loading={loading}
      aria-label={`${text} ${of}`}
      onBlur={() => setAsked(false)}
      onClick={() => {
        if (asked) onSure()
        setAsked(!asked)
      }}
    >
      {text}
    </Button>
  )
}

/** A moment in the reader's own language and zone; the exact UTC time on hover. */
export function Moment({ at }: { at: string }) {
  const text = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
  return (
    <time dateTime={at} title={at}>
      {text.format(new Date(at))}
    </time>
  )
}

/** When somebody works, by weekday, and in which time zone. */
import { Checkbox, Fieldset, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import type { UserAnswer } from '../../../src/contract/index.ts'

type Hours = UserAnswer['working_hours']
type Day = keyof Hours

/** All of them, in order: the compiler finds one that is missing. */
const DAYS = {
  monday: 'Monday',
  tuesday: 'Tuesday',
  wednesday: 'Wednesday',
  thursday: 'Thursday',
  friday: 'Friday',
  saturday: 'Saturday',
  sunday: 'Sunday',
} satisfies Record<Day, string>
const USUAL = { from: '09:00', to: '17:00' }

/** A clock's midnight at the end of a span is the end of the day. */
const endOf = (time: string): string => (time === '00:00' ? '24:00' : time)

export function TimeZoneSelect(props: { value: string; onChange: (zone: string) => void }) {
  const { value, onChange } = props
  const known = Intl.supportedValuesOf('timeZone')
  return (
    <Select
      label="Time zone"
      searchable
      allowDeselect={false}
      limit={100}
      data={known.includes(value) ? known : [value, ...known]}
      value={value}
      onChange={(zone) => zone !== null && onChange(zone)}
    />
  )
}

function DayRow(props: { day: Day; hours: Hours; onChange: (hours: Hours) => void }) {
  const { day, hours, onChange } = props
  const span = hours[day]
  const put = (next: Hours[Day]): void => {
    const { [day]: _before, ...rest } = hours
    onChange(next === undefined ? rest : { ...rest, [day]: next })
  }
  return (
    <Group gap="xs" mih={36}>
      <Checkbox
        w={120}
        label={DAYS[day]}
        checked={span !== undefined}
        onChange={(event) => put(event.currentTarget.checked ? USUAL : undefined)}
      />
      {span === undefined ? (
        <Text size="sm" c="dimmed">
          free
        </Text>
      ) : (
        <Group gap="xs" wrap="nowrap">
          <TextInput
            type="time"
            aria-label={`${DAYS[day]} from`}
            value={span.from}
            required
            onChange={(event) => put({ ...span, from: event.currentTarget.value })}
          />
          <Text size="sm" aria-hidden>
            –
          </Text>
          <TextInput
            type="time"
            aria-label={`${DAYS[day]} to`}
            value={span.to === '24:00' ? '00:00' : span.to}
            required
            onChange={(event) => put({ ...span, to: endOf(event.currentTarget.value) })}
          />
        </Group>
      )}
    </Group>
  )
}

export function WorkingHoursFields(props: { value: Hours; onChange: (hours: Hours) => void }) {
  return (
    <Fieldset legend="Working hours" variant="unstyled">
      <Stack gap={4}>
        {(Object.keys(DAYS) as Day[]).map((day) => (
          <DayRow key={day} day={day} hours={props.value} onChange={props.onChange} />
        ))}
      </Stack>
    </Fieldset>
  )
}

/** What the values of an outcome mean. */
import { expect, test } from 'vitest'
import { openValues } from './outcome-column.ts'

test('of two values the other means no; of more, only what says so', () => {
  expect(openValues(['1', '0'], '1')).toEqual([])
  expect(openValues(['signed', 'gone'], 'signed')).toEqual([])
  expect(openValues(['Sold', 'Active'], 'Sold')).toEqual(['Active'])
  expect(openValues(['yes', 'no', 'in progress'], 'yes')).toEqual(['in progress'])
  expect(openValues(['won', 'lost', 'open', 'someday', 'Not interested'], 'Won')).toEqual([
    'open',
    'someday',
  ])
  expect(openValues(['won', 'lost', 'open'], '')).toEqual([])
  expect(openValues(['gekauft', 'nein', 'offen'], 'gekauft')).toEqual(['offen'])
})

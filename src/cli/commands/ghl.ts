/** `ghl`: GoHighLevel: import a location, and a stand-in of its API. */
import { defineBackfill } from '../ghl/backfill.ts'
import { defineFake } from '../ghl/fake.ts'
import type { Define } from '../terminal.ts'

export const define: Define = (command, terminal) => {
  defineBackfill(command, terminal)
  defineFake(command, terminal)
}

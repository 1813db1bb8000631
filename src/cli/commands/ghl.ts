/** `ghl`: GoHighLevel. */
import { defineFake } from '../ghl/fake.ts'
import type { Define } from '../terminal.ts'

export const define: Define = (command, terminal) => {
  defineFake(command, terminal)
}

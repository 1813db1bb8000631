/** The roles, as people choose among them. */
import type { InvitationBody } from '../../../src/contract/index.ts'

export const ROLES: { value: InvitationBody['role']; label: string }[] = [
  { value: 'agent', label: 'Agent: own leads' },
  { value: 'lead', label: 'Lead: the leads of the team' },
  { value: 'admin', label: 'Administrator: everything' },
]

/** What people say of scores: a projection of score_disputed entries. Inside withWorkspace. */
import type { Queryable } from './connection.ts'

export interface Feedback {
  readonly personId: number
  readonly predictionId: number | null
  readonly verdict: string
  readonly because: string
  /** Null: a key. */
  readonly givenBy: number | null
  /** Of the entry that says so. */
  readonly position: number
}

export async function insertFeedback(client: Queryable, feedback: Feedback): Promise<void> {
  const { personId, predictionId, verdict, because, givenBy, position } = feedback
  await client.query(
    `insert into feedback
       (workspace_id, person_id, prediction_id, verdict, because, given_by, position)
     values (current_workspace(), $1, $2, $3, $4, $5, $6)`,
    [personId, predictionId, verdict, because, givenBy, position],
  )
}

/** It was taken back. */
export async function deleteFeedback(client: Queryable, position: number): Promise<void> {
  await client.query(
    'delete from feedback where workspace_id = current_workspace() and position = $1',
    [position],
  )
}

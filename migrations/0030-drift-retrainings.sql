-- Retrainings that drift or a loss of performance asked for, beside those of the schedule.

alter table learning_jobs
  -- Why it was filed, in words; null: somebody asked, or it was due.
  add column reason text,
  -- The champion whose drift asked for it.
  add column for_version int;

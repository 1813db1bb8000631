-- Imports of GoHighLevel that are watched, paused and gone on with. The token is never here.
alter table ghl_backfills
  -- A running one without a sign of life is one whose process is gone.
  add column state text not null default 'running'
    check (state in ('running', 'paused', 'failed', 'cancelled', 'done')),
  add column error text,
  add column history boolean not null default false,
  add column seller_pipelines text[] not null default '{}',
  add column requested_by text,
  add column reading text,
  add column fraction real not null default 0,
  add column remaining_seconds int;
update ghl_backfills set state = 'done', fraction = 1 where finished_at is not null;

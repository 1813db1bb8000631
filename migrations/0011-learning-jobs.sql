-- Retrainings: asked for, under way and done. A job is held under a lease, so that one whose process
-- died is taken up again; every comparison with a champion is counted from here.
create table learning_jobs (
  workspace_id int not null references workspaces,
  job_id uuid not null default gen_random_uuid(),
  model text not null,
  -- Only moments of the last so many days are learned from; null: all.
  days int check (days > 0),
  status text not null default 'waiting' check (status in ('waiting', 'running', 'done', 'failed')),
  progress real not null default 0,
  results jsonb,
  error text,
  requested_by text not null,
  requested_at timestamptz not null default now(),
  finished_at timestamptz,
  holder text,
  lease_until timestamptz not null default '-infinity',
  primary key (workspace_id, job_id)
);
create index learning_jobs_open on learning_jobs (requested_at)
  where status in ('waiting', 'running');
alter table learning_jobs enable row level security;
create policy tenant on learning_jobs to enterprisehub_app
  using (workspace_id = current_workspace()) with check (workspace_id = current_workspace());
create policy capture on learning_jobs to enterprisehub_capture using (true) with check (true);
grant select, insert, update on learning_jobs to enterprisehub_app;
grant select, insert, update, delete on learning_jobs to enterprisehub_capture;

-- The oldest job that nobody holds, now held; no row when there is none.
create function claim_learning_job(p_holder text, p_seconds int)
returns table (workspace_id int, job_id uuid)
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  update learning_jobs j set status = 'running', holder = p_holder,
    lease_until = now() + make_interval(secs => p_seconds)
  where (j.workspace_id, j.job_id) = (
    select o.workspace_id, o.job_id from learning_jobs o
    where o.status in ('waiting', 'running') and o.lease_until < now()
    order by o.requested_at limit 1 for update skip locked)
  returning j.workspace_id, j.job_id
$$;

-- The workspace of a slug, for commands on the machine itself.
create function workspace_named(p_slug text) returns table (workspace_id int, settings jsonb)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select w.workspace_id, w.settings from workspaces w where w.slug = p_slug
$$;

do $$
declare f text;
begin
  foreach f in array array['claim_learning_job(text,int)', 'workspace_named(text)']
  loop
    execute format('alter function %s owner to enterprisehub_capture', f);
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to enterprisehub_app', f);
  end loop;
end $$;

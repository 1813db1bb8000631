-- The learning loop: never two retrainings of one model at once, nightly ones filed once whatever
-- number of processes runs, and scores for leads that have no event.

alter table learning_jobs
  add column attempts int not null default 0,
  add column started_at timestamptz,
  -- The moment of the schedule it was filed for; null: somebody asked.
  add column due_at timestamptz;

-- Of several that were open at once, the newest stays.
update learning_jobs j set status = 'failed', finished_at = now(),
  error = 'another retraining of this model was asked for later'
where j.status in ('waiting', 'running') and exists (select from learning_jobs o
  where o.workspace_id = j.workspace_id and o.model = j.model and o.status in ('waiting', 'running')
    and (o.requested_at, o.job_id) > (j.requested_at, j.job_id));
create unique index learning_jobs_one_open on learning_jobs (workspace_id, model)
  where status in ('waiting', 'running');
create unique index learning_jobs_once on learning_jobs (workspace_id, model, due_at)
  where due_at is not null;

-- The oldest job that nobody holds, now held; no row when there is none. A job whose process ended
-- three times is given up: what kills a process would kill the next one too.
create or replace function claim_learning_job(p_holder text, p_seconds int)
returns table (workspace_id int, job_id uuid)
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  update learning_jobs j set status = 'failed', finished_at = now(), lease_until = '-infinity',
    error = 'the process that ran it ended three times'
  where j.status = 'running' and j.lease_until < now() and j.attempts >= 3;
  update learning_jobs j set status = 'running', holder = p_holder, attempts = j.attempts + 1,
    started_at = now(), lease_until = now() + make_interval(secs => p_seconds)
  where (j.workspace_id, j.job_id) = (
    select o.workspace_id, o.job_id from learning_jobs o
    where o.status in ('waiting', 'running') and o.lease_until < now() and o.attempts < 3
    order by o.requested_at limit 1 for update skip locked)
  returning j.workspace_id, j.job_id
$$;

-- Files a retraining of each model for the due moment in every workspace that has leads and is
-- older than it; how many. Those filed for that moment or a later one stay the only ones; while
-- another retraining of the model is open nothing is filed, and a later call tries again.
create function file_due_retrainings(p_models text[], p_due timestamptz) returns int
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  with filed as (
    insert into learning_jobs (workspace_id, model, requested_by, due_at)
    select w.workspace_id, m.model, 'schedule', p_due
    from workspaces w cross join unnest(p_models) as m(model)
    where w.created_at < p_due
      and exists (select from persons p where p.workspace_id = w.workspace_id
        and p.lead_id is not null)
      and not exists (select from learning_jobs j where j.workspace_id = w.workspace_id
        and j.model = m.model and j.due_at >= p_due)
    on conflict do nothing returning 1)
  select count(*)::int from filed
$$;

-- Puts leads into the queue of stale scores, whether or not they have one.
create function queue_lead_scores(p_persons bigint[]) returns void
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  insert into lead_scores (workspace_id, person_id, position, computed_at)
  select p.workspace_id, p.person_id, 0, '-infinity' from persons p
  where p.workspace_id = current_workspace() and p.person_id = any(p_persons)
    and p.lead_id is not null
  order by 1, 2
  on conflict (workspace_id, person_id) do update set computed_at = '-infinity'
$$;

-- Gives every lead whose state is ahead of its score, or who has none, a place in the queue of
-- stale ones; leads without any event too, but not those that were merged into another.
create or replace function queue_unscored_leads(p_workspace int) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  with added as (
    insert into lead_scores as s (workspace_id, person_id, position, computed_at)
    select p.workspace_id, p.person_id, 0, '-infinity' from persons p
    left join lead_states l using (workspace_id, person_id)
    left join lead_scores c using (workspace_id, person_id)
    where p.workspace_id = p_workspace and p.lead_id is not null
      and (c.position is null or c.position < l.position)
      and not exists (select from person_links k where k.workspace_id = p.workspace_id
        and k.person_id = p.person_id and k.unlinked_position is null)
    order by 1, 2
    on conflict (workspace_id, person_id) do update set computed_at = '-infinity'
    returning 1)
  select count(*) from added
$$;

-- As in 0006 and 0009, but a lead without events is answered too, with no state and position 0.
create or replace function stale_lead_scores(p_workspace int, p_partitions int[],
  p_before timestamptz, p_limit int)
returns table (workspace_id int, person_id bigint, "position" bigint, state bytea)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select p_workspace, s.person_id, coalesce(l.position, 0), l.state
  from (select c.person_id from lead_scores c
      where c.workspace_id = p_workspace and c.computed_at < p_before
        and c.person_id % 16 = any(p_partitions)
      order by c.computed_at limit p_limit) s
  left join lead_states l on l.workspace_id = p_workspace and l.person_id = s.person_id
$$;
create or replace function due_snapshots(p_workspace int, p_partitions int[], p_day date,
  p_limit int)
returns table (workspace_id int, person_id bigint, "position" bigint, state bytea)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select p_workspace, s.person_id, coalesce(l.position, 0), l.state
  from (select c.person_id from lead_scores c
      where c.workspace_id = p_workspace and c.snapshot_on < p_day
        and c.person_id % 16 = any(p_partitions)
      order by c.snapshot_on limit p_limit) s
  left join lead_states l on l.workspace_id = p_workspace and l.person_id = s.person_id
$$;

do $$
declare f text;
begin
  foreach f in array array['claim_learning_job(text,int)', 'file_due_retrainings(text[],timestamptz)',
    'queue_lead_scores(bigint[])', 'queue_unscored_leads(int)',
    'stale_lead_scores(int,int[],timestamptz,int)', 'due_snapshots(int,int[],date,int)']
  loop
    execute format('alter function %s owner to enterprisehub_capture', f);
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to enterprisehub_app', f);
  end loop;
end $$;

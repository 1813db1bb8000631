-- Scoring as events come: what it needs, what it owes, and the daily snapshot.

drop function scoring_inputs(int[], bigint[]);
-- What scoring needs beside the state, with the score of the day before; persons that are gone are left out.
create function scoring_inputs(p_workspaces int[], p_persons bigint[])
returns table (workspace_id int, person_id bigint, lead_id text, segment text, owner_id bigint,
  attributes jsonb, score_before real)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select p.workspace_id, p.person_id, p.lead_id, p.segment, p.owner_id, p.attributes,
    s.score_before
  from unnest(p_workspaces, p_persons) as w(workspace_id, person_id)
  join persons p using (workspace_id, person_id)
  left join lead_scores s using (workspace_id, person_id)
$$;

-- Writes current scores; an older state or an earlier moment never replaces a later one.
create or replace function save_lead_scores(p_rows jsonb) returns void
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  insert into lead_scores as s (workspace_id, person_id, version, position, computed_at, score,
    probability, low, high, prior, times_average, reason, commission, reachability, call_reasons,
    call_next, last_activity_at)
  select r.workspace_id, r.person_id, r.version, r.position, r.computed_at, r.score,
    r.probability, r.low, r.high, r.prior, r.times_average, r.reason, r.commission,
    r.reachability, r.call_reasons, r.call_next, r.last_activity_at
  from jsonb_to_recordset(p_rows) as r(workspace_id int, person_id bigint, version int,
    position bigint, computed_at timestamptz, score real, probability real, low real, high real,
    prior real, times_average real, reason text, commission real, reachability real,
    call_reasons text[], call_next double precision, last_activity_at timestamptz)
  join persons p using (workspace_id, person_id)
  order by r.workspace_id, r.person_id
  on conflict (workspace_id, person_id) do update set
    version = excluded.version, position = excluded.position, computed_at = excluded.computed_at,
    score = excluded.score, probability = excluded.probability, low = excluded.low,
    high = excluded.high, prior = excluded.prior, times_average = excluded.times_average,
    reason = excluded.reason, commission = excluded.commission,
    reachability = excluded.reachability, call_reasons = excluded.call_reasons,
    call_next = excluded.call_next, last_activity_at = excluded.last_activity_at
  where s.position <= excluded.position and s.computed_at <= excluded.computed_at
$$;

-- Gives every lead whose state is ahead of its score, or who has none, a place in the queue of
-- stale ones.
create or replace function queue_unscored_leads(p_workspace int) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  with added as (
    insert into lead_scores as s (workspace_id, person_id, position, computed_at)
    select l.workspace_id, l.person_id, 0, '-infinity' from lead_states l
    join persons p using (workspace_id, person_id)
    left join lead_scores c using (workspace_id, person_id)
    where l.workspace_id = p_workspace and p.lead_id is not null
      and (c.position is null or c.position < l.position)
    order by 1, 2
    on conflict (workspace_id, person_id) do update set computed_at = '-infinity'
    returning 1)
  select count(*) from added
$$;

-- The last day (UTC) on which the score was taken into the predictions, and what it was then;
-- score_before is that of the snapshot before.
alter table lead_scores add column snapshot_on date not null default '-infinity',
  add column snapshot_score real;
create index lead_scores_by_snapshot on lead_scores (workspace_id, snapshot_on);

create function due_snapshots(p_workspace int, p_partitions int[], p_day date, p_limit int)
returns table (workspace_id int, person_id bigint, "position" bigint, state bytea)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select l.workspace_id, l.person_id, l.position, l.state
  from (select c.person_id from lead_scores c
      where c.workspace_id = p_workspace and c.snapshot_on < p_day
        and c.person_id % 16 = any(p_partitions)
      order by c.snapshot_on limit p_limit) s
  join lead_states l on l.workspace_id = p_workspace and l.person_id = s.person_id
$$;

create function mark_snapshots(p_workspace int, p_persons bigint[], p_day date) returns void
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  with due as (select s.person_id from lead_scores s
    where s.workspace_id = p_workspace and s.person_id = any(p_persons)
    order by s.person_id for update)
  update lead_scores s
  set snapshot_on = p_day, score_before = s.snapshot_score, snapshot_score = s.score from due
  where s.workspace_id = p_workspace and s.person_id = due.person_id
$$;

-- What calls are worth: the workspace's settings and the middle price of its listings.
create function workspace_economics(p_workspace int)
returns table (time_zone text, settings jsonb, median_list_price double precision)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select w.time_zone, w.settings,
    (select percentile_cont(0.5) within group (order by l.list_price) from listings l
      where l.workspace_id = w.workspace_id and l.list_price > 0)
  from workspaces w where w.workspace_id = p_workspace
$$;

do $$
declare f text;
begin
  foreach f in array array['scoring_inputs(int[],bigint[])', 'queue_unscored_leads(int)',
    'due_snapshots(int,int[],date,int)', 'mark_snapshots(int,bigint[],date)',
    'workspace_economics(int)']
  loop
    execute format('alter function %s owner to enterprisehub_capture', f);
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to enterprisehub_app', f);
  end loop;
end $$;

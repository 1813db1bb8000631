-- The guess of a lead's chance in workspaces without a model: what it rests on and how wide it is.

alter table lead_scores
  -- segment, workspace or base (simulated markets alone); null: written before there were guesses.
  add column prior_from text,
  -- 90 % interval of a guess.
  add column prior_low real,
  add column prior_high real;

-- As in 0023, with what the prior rests on.
create or replace function save_lead_scores(p_rows jsonb) returns void
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  insert into lead_scores as s (workspace_id, person_id, version, position, computed_at, score,
    probability, low, high, prior, prior_from, prior_low, prior_high, times_average, reason,
    commission, reachability, call_reasons, call_next, not_called, last_activity_at)
  select r.workspace_id, r.person_id, r.version, r.position, r.computed_at, r.score,
    r.probability, r.low, r.high, r.prior, r.prior_from, r.prior_low, r.prior_high,
    r.times_average, r.reason, r.commission, r.reachability, r.call_reasons, r.call_next,
    r.not_called, r.last_activity_at
  from jsonb_to_recordset(p_rows) as r(workspace_id int, person_id bigint, version int,
    position bigint, computed_at timestamptz, score real, probability real, low real, high real,
    prior real, prior_from text, prior_low real, prior_high real, times_average real, reason text,
    commission real, reachability real, call_reasons text[], call_next double precision,
    not_called text, last_activity_at timestamptz)
  join persons p using (workspace_id, person_id)
  order by r.workspace_id, r.person_id
  on conflict (workspace_id, person_id) do update set
    version = excluded.version, position = excluded.position, computed_at = excluded.computed_at,
    score = excluded.score, probability = excluded.probability, low = excluded.low,
    high = excluded.high, prior = excluded.prior, prior_from = excluded.prior_from,
    prior_low = excluded.prior_low, prior_high = excluded.prior_high,
    times_average = excluded.times_average, reason = excluded.reason,
    commission = excluded.commission, reachability = excluded.reachability,
    call_reasons = excluded.call_reasons, call_next = excluded.call_next,
    not_called = excluded.not_called, last_activity_at = excluded.last_activity_at
  where s.position <= excluded.position and s.computed_at <= excluded.computed_at
$$;

-- As in 0006, but a seller counts by a signed listing; and where no lead is known for long, what an
-- import said became of leads counts instead, whenever it happened.
create or replace function lead_rates(p_workspace int, p_days int)
returns table (segment text, leads bigint, positives bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with known as (
    select e.person_id, min(e.event_time) as since from event_log e
    where e.workspace_id = p_workspace and e.type < 80 group by e.person_id),
  mature as (
    select k.person_id, k.since, p.segment from known k
    join persons p on p.workspace_id = p_workspace and p.person_id = k.person_id
    where p.lead_id is not null and k.since < now() - make_interval(days => p_days))
  select m.segment, count(*), count(*) filter (where exists (select from event_log o
      where o.workspace_id = p_workspace and o.person_id = m.person_id
        and case when m.segment = 'seller' then o.type = 61 else o.type in (24, 42) end
        and o.event_time >= m.since
        and o.event_time < m.since + make_interval(days => p_days)))
  from mature m group by m.segment
  union all
  select p.segment, count(*), count(*) filter (where l.converted)
  from lead_labels l join persons p using (workspace_id, person_id)
  where l.workspace_id = p_workspace and not exists (select from mature)
  group by p.segment
$$;

-- Workspaces that have a lead: each is looked after, with a model or without.
create function workspaces_with_leads() returns setof int
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select w.workspace_id from workspaces w where exists (select from persons p
    where p.workspace_id = w.workspace_id and p.lead_id is not null)
$$;
alter function workspaces_with_leads() owner to enterprisehub_capture;
revoke execute on function workspaces_with_leads() from public;
grant execute on function workspaces_with_leads() to enterprisehub_app;

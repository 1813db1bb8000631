-- As in 0033, with a plan that the session keeps: scores are written in small transactions, and a
-- function in SQL is planned anew with each (see 0032). Look-ups go through their indexes, also where
-- the plan was made while the tables were empty.
create or replace function save_lead_scores(p_rows jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
begin
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
  where s.position <= excluded.position and s.computed_at <= excluded.computed_at;
end $$;

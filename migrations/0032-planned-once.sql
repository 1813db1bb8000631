-- The two reads of every round of folding. A function in SQL is planned anew with each call, which
-- cost three times what the reading did; in PL/pgSQL the session keeps the plan.

create or replace function read_log(p_after bigint, p_limit int)
returns table (workspace_id int, "position" bigint, person_id bigint, type smallint,
  event_time double precision, received_at double precision, body text)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
#variable_conflict use_column
begin
  return query select e.workspace_id, e.position, e.person_id, e.type,
    extract(epoch from e.event_time)::double precision * 1000,
    extract(epoch from e.received_at)::double precision * 1000, e.body::text
  from event_log e
  where e.position > p_after and e.xid < pg_snapshot_xmin(pg_current_snapshot())
  order by e.position limit p_limit;
end $$;

create or replace function scoring_inputs(p_workspaces int[], p_persons bigint[])
returns table (workspace_id int, person_id bigint, lead_id text, segment text, owner_id bigint,
  attributes jsonb, converted boolean, score_before real)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  return query select p.workspace_id, p.person_id, p.lead_id, p.segment, p.owner_id, p.attributes,
    l.converted, s.score_before
  from unnest(p_workspaces, p_persons) as w(workspace_id, person_id)
  join persons p using (workspace_id, person_id)
  left join lead_labels l using (workspace_id, person_id)
  left join lead_scores s using (workspace_id, person_id);
end $$;

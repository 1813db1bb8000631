-- Who is not called is stored with the score, so that lists leave them out by index; a merged lead
-- is found by the names it had.

-- Why the lead is not called: closed, lost, do_not_call; null: it may be.
alter table lead_scores add column not_called text;
create index lead_scores_not_called on lead_scores (workspace_id, person_id)
  where not_called is not null;

drop function scoring_inputs(int[], bigint[]);
-- What scoring needs beside the state; persons that are gone are left out.
create function scoring_inputs(p_workspaces int[], p_persons bigint[])
returns table (workspace_id int, person_id bigint, lead_id text, segment text, owner_id bigint,
  attributes jsonb, converted boolean, score_before real)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
  select p.workspace_id, p.person_id, p.lead_id, p.segment, p.owner_id, p.attributes,
    l.converted, s.score_before
  from unnest(p_workspaces, p_persons) as w(workspace_id, person_id)
  join persons p using (workspace_id, person_id)
  left join lead_labels l using (workspace_id, person_id)
  left join lead_scores s using (workspace_id, person_id)
$$;

-- As in 0009, with why a lead is not called.
create or replace function save_lead_scores(p_rows jsonb) returns void
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  insert into lead_scores as s (workspace_id, person_id, version, position, computed_at, score,
    probability, low, high, prior, times_average, reason, commission, reachability, call_reasons,
    call_next, not_called, last_activity_at)
  select r.workspace_id, r.person_id, r.version, r.position, r.computed_at, r.score,
    r.probability, r.low, r.high, r.prior, r.times_average, r.reason, r.commission,
    r.reachability, r.call_reasons, r.call_next, r.not_called, r.last_activity_at
  from jsonb_to_recordset(p_rows) as r(workspace_id int, person_id bigint, version int,
    position bigint, computed_at timestamptz, score real, probability real, low real, high real,
    prior real, times_average real, reason text, commission real, reachability real,
    call_reasons text[], call_next double precision, not_called text,
    last_activity_at timestamptz)
  join persons p using (workspace_id, person_id)
  order by r.workspace_id, r.person_id
  on conflict (workspace_id, person_id) do update set
    version = excluded.version, position = excluded.position, computed_at = excluded.computed_at,
    score = excluded.score, probability = excluded.probability, low = excluded.low,
    high = excluded.high, prior = excluded.prior, times_average = excluded.times_average,
    reason = excluded.reason, commission = excluded.commission,
    reachability = excluded.reachability, call_reasons = excluded.call_reasons,
    call_next = excluded.call_next, not_called = excluded.not_called,
    last_activity_at = excluded.last_activity_at
  where s.position <= excluded.position and s.computed_at <= excluded.computed_at
$$;

create index person_links_merged on person_links (workspace_id, person_id)
  where reason = 'merge' and unlinked_position is null;

-- Whom leads count as that were merged and whose names hold all the words of a search; see
-- search_leads. Merges are made by hand: few enough to look at each.
create function search_merged(p_workspace int, p_words text[], p_digits text, p_limit int)
returns bigint[] language sql stable security definer
set search_path = pg_catalog, public, pg_temp as $$
  select array(select canonical_person(p_workspace, l.person_id)
    from person_links l join persons p using (workspace_id, person_id)
    where l.workspace_id = p_workspace and l.reason = 'merge' and l.unlinked_position is null
      and p.lead_id is not null
      and (p.search_text like all(array(select lower(w) from unnest(p_words) w))
        or p.search_text like p_digits)
    limit p_limit)
$$;

do $$
declare f text;
begin
  foreach f in array array['scoring_inputs(int[],bigint[])', 'search_merged(int,text[],text,int)']
  loop
    execute format('alter function %s owner to enterprisehub_capture', f);
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to enterprisehub_app', f);
  end loop;
end $$;

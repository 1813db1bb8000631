-- A lead that waits to be scored anew keeps the score that it had, with its moment.

-- When the score was computed, while computed_at is -infinity because the lead is queued.
alter table lead_scores add column computed_before timestamptz;

-- As in 0014, but the moment is kept.
create or replace function queue_lead_scores(p_persons bigint[]) returns void
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  insert into lead_scores as s (workspace_id, person_id, position, computed_at)
  select p.workspace_id, p.person_id, 0, '-infinity' from persons p
  where p.workspace_id = current_workspace() and p.person_id = any(p_persons)
    and p.lead_id is not null
  order by 1, 2
  on conflict (workspace_id, person_id) do update set computed_at = '-infinity',
    computed_before = coalesce(nullif(s.computed_at, '-infinity'), s.computed_before)
$$;

-- As in 0014, but the moment is kept.
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
    on conflict (workspace_id, person_id) do update set computed_at = '-infinity',
      computed_before = coalesce(nullif(s.computed_at, '-infinity'), s.computed_before)
    returning 1)
  select count(*) from added
$$;

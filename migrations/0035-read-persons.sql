-- As read_person, of many persons of a workspace: one statement with a plan that the session keeps.
-- Called for each of them, read_person sets and resets its settings and starts a statement each time,
-- which took half a millisecond a person.
create function read_persons(
  p_workspace int, p_persons bigint[], p_positions bigint[], p_types smallint[]
) returns table (asked bigint, workspace_id int, "position" bigint, person_id bigint, type smallint,
  event_time double precision, received_at double precision, body text)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
begin
  return query
  with recursive circle as (
    select k.asked, k.asked as person_id, k.last
    from unnest(p_persons, p_positions) as k(asked, last)
    union
    select c.asked, l.person_id, c.last from circle c join person_links l
      on l.workspace_id = p_workspace and l.target_id = c.person_id
      and l.linked_position + 0 <= c.last
      and (l.unlinked_position is null or l.unlinked_position > c.last)
  )
  select c.asked, e.workspace_id, e.position, e.person_id, e.type,
    extract(epoch from e.event_time)::double precision * 1000,
    extract(epoch from e.received_at)::double precision * 1000, e.body::text
  from circle c join event_log e
    on e.workspace_id = p_workspace and e.person_id = c.person_id
  where e.position + 0 <= c.last and (p_types is null or e.type = any(p_types))
  order by c.asked, e.position;
end $$;

alter function read_persons(int, bigint[], bigint[], smallint[]) owner to enterprisehub_capture;
revoke execute on function read_persons(int, bigint[], bigint[], smallint[]) from public;
grant execute on function read_persons(int, bigint[], bigint[], smallint[]) to enterprisehub_app;

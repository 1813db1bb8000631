-- As in 0002, but positions are never looked up by themselves: in a table that was not
-- analysed yet all indexes look alike, and that of positions would read all of the log.
create or replace function read_person(p_workspace int, p_person bigint, p_position bigint)
returns table (workspace_id int, "position" bigint, person_id bigint, type smallint,
  event_time double precision, received_at double precision, body text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
  with recursive circle as (
    select p_person as person_id
    union
    select l.person_id from circle c join person_links l
      on l.workspace_id = p_workspace and l.target_id = c.person_id
      and l.linked_position + 0 <= p_position
      and (l.unlinked_position is null or l.unlinked_position > p_position)
  )
  select e.workspace_id, e.position, e.person_id, e.type,
    extract(epoch from e.event_time)::double precision * 1000,
    extract(epoch from e.received_at)::double precision * 1000, e.body::text
  from circle c join event_log e
    on e.workspace_id = p_workspace and e.person_id = c.person_id
  where e.position + 0 <= p_position
  order by e.position
$$;

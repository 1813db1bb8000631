-- Entries of several persons, each with its own time: a grade of something that happened long
-- before it was received happened when what decided it did. Null: now.
create function append_entries_at(
  p_workspace int, p_persons bigint[], p_type smallint, p_times timestamptz[], p_bodies jsonb[]
) returns bigint[] language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
declare
  n constant int := cardinality(p_persons);
  v_xid xid8;
  v_first bigint;
  v_last bigint;
begin
  if pg_current_xact_id_if_assigned() is not null then
    raise exception 'an entry must be the first thing its transaction writes';
  end if;
  perform pg_advisory_lock(7310);
  v_xid := pg_current_xact_id();
  v_first := nextval('event_position_seq');
  v_last := v_first + n - 1;
  if n > 1 then perform setval('event_position_seq', v_last); end if;
  perform pg_advisory_unlock(7310);
  insert into event_log
    (workspace_id, position, xid, person_id, type, event_time, received_at, body)
    select p_workspace, v_first + e.ord - 1, v_xid, e.person_id, p_type, coalesce(e.event_time, now()), now(),
      e.body
    from unnest(p_persons, p_times, p_bodies) with ordinality
      as e(person_id, event_time, body, ord);
  return (select array_agg(p order by p) from generate_series(v_first, v_last) p);
end $$;
alter function append_entries_at(int,bigint[],smallint,timestamptz[],jsonb[])
  owner to enterprisehub_capture;
revoke execute on function append_entries_at(int,bigint[],smallint,timestamptz[],jsonb[])
  from public;
grant execute on function append_entries_at(int,bigint[],smallint,timestamptz[],jsonb[])
  to enterprisehub_app;

create or replace function append_entries(
  p_workspace int, p_persons bigint[], p_type smallint, p_time timestamptz, p_bodies jsonb[]
) returns bigint[] language sql security definer
set search_path = pg_catalog, public, pg_temp as $$
  select append_entries_at(p_workspace, p_persons, p_type,
    array_fill(p_time, array[cardinality(p_persons)]), p_bodies)
$$;

-- append_events, with its columns as arrays instead of texts to be split: neither side writes or
-- reads numbers as text, and bodies are parsed once. Rows come from set-returning functions of the
-- select list, which are read as they come, where those of a from clause are kept first; listings
-- are looked up only where there are any. What it does is as in 0008.
drop function append_events(
  text, text, text, text, text, text, text, text, text, text, bigint, boolean);

create function append_events(
  p_workspaces int[], p_keys uuid[], p_hashes bigint[], p_kinds smallint[], p_identities text[],
  p_types smallint[], p_times timestamptz[], p_properties text[], p_bodies jsonb[],
  p_persons bigint[], p_epoch bigint, p_careful boolean,
  out first_position bigint, out indexes int[], out statuses smallint[], out originals bigint[],
  out persons bigint[], out epoch bigint
) language plpgsql security definer set search_path = pg_catalog, public, pg_temp
-- As in 0002: planned once, and look-ups through their indexes whatever the statistics say.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_nestloop = off as $$
declare
  c_person bigint[] := p_persons;
  n constant int := cardinality(p_types);
  v_xid xid8;
  v_careful boolean := p_careful;
  v_listed constant boolean := exists (
    select from listings l where l.workspace_id = any(p_workspaces));
begin
  if n is null or cardinality(p_bodies) <> n or cardinality(p_workspaces) <> n
    or cardinality(c_person) <> n then
    raise exception 'append_events: columns differ in length';
  end if;
  perform pg_advisory_lock(7310);
  v_xid := pg_current_xact_id();
  first_position := nextval('event_position_seq');
  if n > 1 then perform setval('event_position_seq', first_position + n - 1); end if;
  perform pg_advisory_unlock(7310);

  epoch := (select e.epoch from identity_epoch e);
  if epoch is distinct from p_epoch then
    c_person := array_fill(null::bigint, array[n]);
  end if;
  if array_position(c_person, null) is not null then
    c_person := resolve_persons(p_workspaces, p_kinds, p_identities, c_person);
    if array_position(c_person, null) is not null then
      perform create_persons(p_workspaces, p_kinds, p_identities, c_person);
      c_person := resolve_persons(p_workspaces, p_kinds, p_identities, c_person);
      -- Who is still unknown was erased: the careful way names them.
      v_careful := v_careful or array_position(c_person, null) is not null;
    end if;
    persons := c_person;
  end if;

  indexes := '{}';
  statuses := '{}';
  originals := '{}';
  if not v_careful then
    begin
      insert into event_keys (workspace_id, event_key, body_hash, position)
        select * from (select unnest(p_workspaces), unnest(p_keys) as key, unnest(p_hashes),
          generate_series(first_position, first_position + n - 1)) t
        where t.key is not null order by 1, 2;
      insert into event_log
        (workspace_id, position, xid, person_id, type, event_time, received_at, body)
        select t.workspace_id, t.position, v_xid, t.person_id, t.type, t.time, now(),
          case when t.property = '' or not v_listed then t.body
            else coalesce((select jsonb_set(t.body, '{frozen}',
                jsonb_build_object('listing', l.frozen)) from listings l
              where l.workspace_id = t.workspace_id and l.listing_id = t.property),
              t.body) end
        from (select unnest(p_workspaces) as workspace_id,
            generate_series(first_position, first_position + n - 1) as "position",
            unnest(c_person) as person_id, unnest(p_types) as type, unnest(p_times) as time,
            unnest(p_properties) as property, unnest(p_bodies) as body) t;
      return;
    exception when unique_violation then
      v_careful := true;
    end;
  end if;

  with input as materialized (
    select t.*, first_position + t.ord - 1 as position
    from unnest(p_workspaces, p_keys, p_hashes, c_person, p_types, p_times, p_properties, p_bodies)
      with ordinality
      as t(workspace_id, key, hash, person_id, type, time, property, body, ord)
  ), keyed as (
    insert into event_keys (workspace_id, event_key, body_hash, position)
    select distinct on (workspace_id, key) workspace_id, key, hash, position
    from input where key is not null and person_id is not null
    order by workspace_id, key, position
    on conflict do nothing returning position
  ), logged as (
    insert into event_log
      (workspace_id, position, xid, person_id, type, event_time, received_at, body)
    select e.workspace_id, e.position, v_xid, e.person_id, e.type,
      e.time, now(),
      case when e.frozen is null then e.body
        else jsonb_set(e.body, '{frozen}', jsonb_build_object('listing', e.frozen)) end
    from (select i.*, case when i.property <> '' then (select l.frozen from listings l
        where l.workspace_id = i.workspace_id and l.listing_id = i.property) end as frozen
      from input i) e
    where e.person_id is not null
      and (e.key is null or e.position in (select position from keyed))
    returning position
  ), refused as (
    select e.ord, e.workspace_id, e.key, e.hash, e.person_id
    from input e where not exists (select 1 from logged g where g.position = e.position)
  )
  select coalesce(array_agg((r.ord - 1)::int order by r.ord), '{}'),
    coalesce(array_agg((case when r.person_id is null then 3 end)::smallint order by r.ord), '{}'),
    coalesce(array_agg(null::bigint order by r.ord), '{}')
  into indexes, statuses, originals from refused r;

  if cardinality(indexes) > 0 then
    -- A second statement: only it sees the keys that this or another transaction just wrote.
    select array_agg(case when x.status is not null then x.status
        when x.known = p_hashes[x.index + 1] then 1 else 2 end::smallint order by x.index),
      array_agg(x.original order by x.index)
    into statuses, originals
    from (select r.index, r.status,
        (select k.body_hash from event_keys k where k.workspace_id = p_workspaces[r.index + 1]
          and k.event_key = p_keys[r.index + 1]) as known,
        (select k.position from event_keys k where k.workspace_id = p_workspaces[r.index + 1]
          and k.event_key = p_keys[r.index + 1]) as original
      from unnest(indexes, statuses) as r(index, status)) x;
  end if;
end $$;

do $$
declare
  f constant text := 'append_events(int[],uuid[],bigint[],smallint[],text[],smallint[],'
    || 'timestamptz[],text[],jsonb[],bigint[],bigint,boolean)';
begin
  execute format('alter function %s owner to enterprisehub_capture', f);
  execute format('revoke execute on function %s from public', f);
  execute format('grant execute on function %s to enterprisehub_app', f);
end $$;

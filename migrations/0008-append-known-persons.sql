-- append_events, with less to do for what it usually gets: events of known persons, sent once.
--
-- Known persons. The caller may say whom it already knows (p_persons, '' where unknown) and as of
-- which identity epoch (p_epoch). A person_id is never rewritten, so only an erasure makes such
-- knowledge wrong; it raises the epoch in its own transaction, and knowledge of another epoch is
-- not used. An append that overlaps the erasure is cleaned up after (erase_leftovers).
--
-- Sent once. The usual batch holds no repeated event_id: plain inserts, whose unique index would
-- stop a repetition. One that does is rolled back to before them and takes the careful way, which
-- sorts out each event. A caller that has just seen repetitions asks for the careful way at once
-- (p_careful), so that a storm of retries does not do everything twice.
--
-- Answer beside that of 0002: the epoch, and the person of every event when one was unknown.

create table identity_epoch (
  singleton boolean primary key default true check (singleton),
  epoch bigint not null
);
insert into identity_epoch (epoch) values (1);
grant select, update on identity_epoch to enterprisehub_capture;

create function raise_identity_epoch() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
begin
  update identity_epoch set epoch = epoch + 1;
  return null;
end $$;
create trigger identities_gone after delete or update on identities
  for each row when (old.kind in (1, 2)) execute function raise_identity_epoch();

drop function append_events(text, text, text, text, text, text, text, text, text);

-- The persons behind names, in order; null for the unknown.
create function resolve_persons(
  c_workspace int[], c_kind smallint[], c_identity text[], c_person bigint[]
) returns bigint[] language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp as $$
begin
  return (select array_agg(coalesce(t.known, (select i.person_id from identities i
      where i.workspace_id = t.workspace_id and i.kind = t.kind and i.value = t.value))
      order by t.ord)
    from unnest(c_workspace, c_kind, c_identity, c_person) with ordinality
      as t(workspace_id, kind, value, known, ord));
end $$;

-- Persons for the names that nobody has, except those of erased persons.
create function create_persons(
  c_workspace int[], c_kind smallint[], c_identity text[], c_person bigint[]
) returns void language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
begin
  -- Sorted, so that two appends creating the same persons cannot deadlock.
  with fresh as (
    insert into identities (workspace_id, kind, value, person_id)
    select workspace_id, kind, value, nextval('person_id_seq')
    from (select distinct t.workspace_id, t.kind, t.value
      from unnest(c_workspace, c_kind, c_identity, c_person) as t(workspace_id, kind, value, known)
      where t.known is null
        and (select s.erased_at from suppressions s where s.workspace_id = t.workspace_id
          and s.kind = t.kind
          and s.value_hash = identity_hash(t.workspace_id, t.kind, t.value)) is null
      order by 1, 2, 3) as wanted
    on conflict do nothing returning workspace_id, kind, value, person_id)
  insert into persons (workspace_id, person_id, lead_id)
  select workspace_id, person_id, case when kind = 1 then value end from fresh;
end $$;

create function append_events(
  p_workspaces text, p_keys text, p_hashes text, p_kinds text, p_identities text,
  p_types text, p_times text, p_properties text, p_bodies text,
  p_persons text, p_epoch bigint, p_careful boolean,
  out first_position bigint, out indexes int[], out statuses smallint[], out originals bigint[],
  out persons bigint[], out epoch bigint
) language plpgsql security definer set search_path = pg_catalog, public, pg_temp
-- As in 0002: planned once, and look-ups through their indexes whatever the statistics say.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_nestloop = off as $$
declare
  sep constant text := E'\x1f';
  c_workspace int[] := string_to_array(p_workspaces, sep)::int[];
  c_key uuid[] := string_to_array(p_keys, sep, '')::uuid[];
  c_hash bigint[] := string_to_array(p_hashes, sep)::bigint[];
  c_kind smallint[] := string_to_array(p_kinds, sep)::smallint[];
  c_identity text[];
  c_type smallint[] := string_to_array(p_types, sep)::smallint[];
  c_time bigint[] := string_to_array(p_times, sep)::bigint[];
  c_property text[] := string_to_array(p_properties, sep, '');
  c_body text[] := string_to_array(p_bodies, sep);
  -- One unknown person alone is an empty text.
  c_person bigint[] := case when p_persons = '' then array[null::bigint]
    else string_to_array(p_persons, sep, '')::bigint[] end;
  n constant int := cardinality(c_type);
  v_xid xid8;
  v_careful boolean := p_careful;
begin
  if n is null or cardinality(c_body) <> n or cardinality(c_workspace) <> n
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
    c_identity := string_to_array(p_identities, sep);
    c_person := resolve_persons(c_workspace, c_kind, c_identity, c_person);
    if array_position(c_person, null) is not null then
      perform create_persons(c_workspace, c_kind, c_identity, c_person);
      c_person := resolve_persons(c_workspace, c_kind, c_identity, c_person);
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
        select t.workspace_id, t.key, t.hash, first_position + t.ord - 1
        from unnest(c_workspace, c_key, c_hash) with ordinality as t(workspace_id, key, hash, ord)
        where t.key is not null order by 1, 2;
      insert into event_log
        (workspace_id, position, xid, person_id, type, event_time, received_at, body)
        select t.workspace_id, first_position + t.ord - 1, v_xid, t.person_id, t.type,
          to_timestamp(t.time / 1000.0), now(),
          case when t.property is null then t.body::jsonb
            else coalesce((select jsonb_set(t.body::jsonb, '{frozen}',
                jsonb_build_object('listing', l.frozen)) from listings l
              where l.workspace_id = t.workspace_id and l.listing_id = t.property),
              t.body::jsonb) end
        from unnest(c_workspace, c_person, c_type, c_time, c_property, c_body) with ordinality
          as t(workspace_id, person_id, type, time, property, body, ord);
      return;
    exception when unique_violation then
      v_careful := true;
    end;
  end if;

  with input as materialized (
    select t.*, first_position + t.ord - 1 as position
    from unnest(c_workspace, c_key, c_hash, c_person, c_type, c_time, c_property, c_body)
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
      to_timestamp(e.time / 1000.0), now(),
      case when e.frozen is null then e.body::jsonb
        else jsonb_set(e.body::jsonb, '{frozen}', jsonb_build_object('listing', e.frozen)) end
    from (select i.*, case when i.property is not null then (select l.frozen from listings l
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
        when x.known = c_hash[x.index + 1] then 1 else 2 end::smallint order by x.index),
      array_agg(x.original order by x.index)
    into statuses, originals
    from (select r.index, r.status,
        (select k.body_hash from event_keys k where k.workspace_id = c_workspace[r.index + 1]
          and k.event_key = c_key[r.index + 1]) as known,
        (select k.position from event_keys k where k.workspace_id = c_workspace[r.index + 1]
          and k.event_key = c_key[r.index + 1]) as original
      from unnest(indexes, statuses) as r(index, status)) x;
  end if;
end $$;

-- As in 0002, with the states end to end (lengths beside them): bytes go over the wire as they
-- are, where an array of bytea would have to be written and read as text.
drop function checkpoint_partition(smallint, bigint, bigint, int[], bigint[], bigint[], bytea[]);
create function checkpoint_partition(
  p_partition smallint, p_epoch bigint, p_cursor bigint,
  p_workspaces int[], p_persons bigint[], p_positions bigint[], p_lengths int[], p_states bytea
) returns void language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
begin
  update partition_leases set cursor = greatest(cursor, p_cursor)
    where partition = p_partition and epoch = p_epoch;
  if not found then
    raise exception 'partition % was taken over (epoch % is stale)', p_partition, p_epoch
      using errcode = 'EH001';
  end if;
  insert into lead_states (workspace_id, person_id, position, state)
    select workspace_id, person_id, "position",
      substring(p_states from (ends - length + 1)::int for length)
    from (select t.*, sum(length) over (order by ord) as ends
      from unnest(p_workspaces, p_persons, p_positions, p_lengths) with ordinality
        as t(workspace_id, person_id, "position", length, ord)) as part
    order by 1, 2
    on conflict (workspace_id, person_id) do update
      set position = excluded.position, state = excluded.state
      where lead_states.position <= excluded.position;
end $$;

do $$
declare f text;
begin
  foreach f in array array['raise_identity_epoch()',
    'checkpoint_partition(smallint,bigint,bigint,int[],bigint[],bigint[],int[],bytea)',
    'resolve_persons(int[],smallint[],text[],bigint[])',
    'create_persons(int[],smallint[],text[],bigint[])',
    'append_events(text,text,text,text,text,text,text,text,text,text,bigint,boolean)']
  loop
    execute format('alter function %s owner to enterprisehub_capture', f);
    execute format('revoke execute on function %s from public', f);
  end loop;
end $$;
grant execute on function
  append_events(text,text,text,text,text,text,text,text,text,text,bigint,boolean)
  to enterprisehub_app;
grant execute on function
  checkpoint_partition(smallint,bigint,bigint,int[],bigint[],bigint[],int[],bytea)
  to enterprisehub_app;

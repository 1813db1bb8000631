-- The one way into the log. Hundreds of waiting requests of all workspaces share one call.
--
-- Arguments are parallel columns of n events: each a text of n values joined by U+001F, which no
-- validated value can hold (string_to_array is the cheapest decoding PostgreSQL offers; measured
-- against array literals and json_to_recordset). An empty string stands for null.
--
-- Order. A position becomes readable only when nothing below it can still commit. Positions are
-- drawn right after the transaction id, both under one short session lock, so a smaller xid has
-- only smaller positions; a reader that takes rows with xid < pg_snapshot_xmin(now) therefore
-- sees a prefix of the log that can never grow in its middle. The lock is held for microseconds,
-- not until commit, so appends of several processes still overlap.
--
-- Answer: the first position (event i has first + i) and, for events not stored, parallel arrays
-- of index (from 0), status (1 duplicate, 2 event-id conflict, 3 erased person) and, for a
-- duplicate, the position of the original.
create function append_events(
  p_workspaces text, p_keys text, p_hashes text, p_kinds text, p_identities text,
  p_types text, p_times text, p_properties text, p_bodies text,
  out first_position bigint, out indexes int[], out statuses smallint[], out originals bigint[]
) language plpgsql security definer set search_path = pg_catalog, public, pg_temp
-- Planned once, not for every batch (planning took longer than running), and so that look-ups go
-- through their indexes whatever the statistics say: a table that grew a hundredfold since it was
-- last analysed must not be scanned whole. Look-ups are scalar subqueries, never joins.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_nestloop = off as $$
declare
  sep constant text := E'\x1f';
  c_workspace int[] := string_to_array(p_workspaces, sep)::int[];
  c_key uuid[] := string_to_array(p_keys, sep, '')::uuid[];
  c_hash bigint[] := string_to_array(p_hashes, sep)::bigint[];
  c_kind smallint[] := string_to_array(p_kinds, sep)::smallint[];
  c_identity text[] := string_to_array(p_identities, sep);
  c_type smallint[] := string_to_array(p_types, sep)::smallint[];
  c_time bigint[] := string_to_array(p_times, sep)::bigint[];
  c_property text[] := string_to_array(p_properties, sep, '');
  c_body text[] := string_to_array(p_bodies, sep);
  n constant int := cardinality(c_type);
  v_xid xid8;
  v_missing int;
begin
  if n is null or cardinality(c_body) <> n or cardinality(c_identity) <> n
    or cardinality(c_workspace) <> n then
    raise exception 'append_events: columns differ in length';
  end if;
  perform pg_advisory_lock(7310);
  v_xid := pg_current_xact_id();
  first_position := nextval('event_position_seq');
  if n > 1 then perform setval('event_position_seq', first_position + n - 1); end if;
  perform pg_advisory_unlock(7310);

  select count(*) into v_missing
    from unnest(c_workspace, c_kind, c_identity) as t(workspace_id, kind, value)
    where (select i.person_id from identities i where i.workspace_id = t.workspace_id
      and i.kind = t.kind and i.value = t.value) is null;
  if v_missing > 0 then
    -- Sorted, so that two appends creating the same persons cannot deadlock.
    with fresh as (
      insert into identities (workspace_id, kind, value, person_id)
      select workspace_id, kind, value, nextval('person_id_seq')
      from (select distinct t.workspace_id, t.kind, t.value
        from unnest(c_workspace, c_kind, c_identity) as t(workspace_id, kind, value)
        where (select i.person_id from identities i where i.workspace_id = t.workspace_id
            and i.kind = t.kind and i.value = t.value) is null
          and (select s.erased_at from suppressions s where s.workspace_id = t.workspace_id
            and s.kind = t.kind
            and s.value_hash = identity_hash(t.workspace_id, t.kind, t.value)) is null
        order by 1, 2, 3) as wanted
      on conflict do nothing returning workspace_id, kind, value, person_id)
    insert into persons (workspace_id, person_id, lead_id)
    select workspace_id, person_id, case when kind = 1 then value end from fresh;
  end if;

  with input as materialized (
    select t.*, first_position + t.ord - 1 as position,
      (select i.person_id from identities i where i.workspace_id = t.workspace_id
        and i.kind = t.kind and i.value = t.value) as person_id
    from unnest(c_workspace, c_key, c_hash, c_kind, c_identity, c_type, c_time, c_property, c_body)
      with ordinality
      as t(workspace_id, key, hash, kind, value, type, time, property, body, ord)
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

-- Reading by position, all workspaces: for the owners of partitions only.
create function read_log(p_after bigint, p_limit int)
returns table (workspace_id int, "position" bigint, person_id bigint, type smallint,
  event_time double precision, received_at double precision, body text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select e.workspace_id, e.position, e.person_id, e.type,
    extract(epoch from e.event_time)::double precision * 1000,
    extract(epoch from e.received_at)::double precision * 1000, e.body::text
  from event_log e
  where e.position > p_after and e.xid < pg_snapshot_xmin(pg_current_snapshot())
  order by e.position limit p_limit
$$;

-- Leases; rows are always locked in the order of their partitions. take: the free and expired partitions, at most p_most; each taking raises the epoch.
create function take_partitions(p_holder text, p_most int, p_seconds int)
returns table (partition smallint, epoch bigint, cursor bigint)
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  update partition_leases l
  set holder = p_holder, epoch = l.epoch + 1, expires_at = now() + make_interval(secs => p_seconds)
  where l.partition in (select f.partition from partition_leases f where f.expires_at < now()
    order by f.partition limit p_most for update skip locked)
  returning l.partition, l.epoch, l.cursor
$$;

create function renew_partitions(p_holder text, p_seconds int) returns setof smallint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  with mine as (select m.partition from partition_leases m
    where m.holder = p_holder and m.expires_at >= now() order by m.partition for update)
  update partition_leases l set expires_at = now() + make_interval(secs => p_seconds)
  from mine where l.partition = mine.partition returning l.partition
$$;

-- Without a holder: all of them, for a product that knows it is alone (its epochs still fence).
create function release_partitions(p_holder text) returns void
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  with theirs as (select t.partition from partition_leases t
    where t.holder = p_holder or p_holder is null order by t.partition for update)
  update partition_leases l set expires_at = '-infinity', holder = null
  from theirs where l.partition = theirs.partition
$$;

-- States and cursor of a batch commit together, fenced by the epoch: a worker that lost its lease
-- (paused, cut off) raises EH001 here and nothing of its batch is kept.
create function checkpoint_partition(
  p_partition smallint, p_epoch bigint, p_cursor bigint,
  p_workspaces int[], p_persons bigint[], p_positions bigint[], p_states bytea[]
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
    select * from unnest(p_workspaces, p_persons, p_positions, p_states) order by 1, 2
    on conflict (workspace_id, person_id) do update
      set position = excluded.position, state = excluded.state
      where lead_states.position <= excluded.position;
end $$;

create function load_states(p_workspaces int[], p_persons bigint[])
returns table (workspace_id int, person_id bigint, "position" bigint, state bytea)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select s.workspace_id, s.person_id, s.position, s.state
  from unnest(p_workspaces, p_persons) as w(workspace_id, person_id)
  join lead_states s using (workspace_id, person_id)
$$;

-- All entries that count for a person as known at p_position: their own and those of persons
-- linked to them then. For refolding.
create function read_person(p_workspace int, p_person bigint, p_position bigint)
returns table (workspace_id int, "position" bigint, person_id bigint, type smallint,
  event_time double precision, received_at double precision, body text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with recursive circle as (
    select p_person as person_id
    union
    select l.person_id from circle c join person_links l
      on l.workspace_id = p_workspace and l.target_id = c.person_id
      and l.linked_position <= p_position
      and (l.unlinked_position is null or l.unlinked_position > p_position)
  )
  select e.workspace_id, e.position, e.person_id, e.type,
    extract(epoch from e.event_time)::double precision * 1000,
    extract(epoch from e.received_at)::double precision * 1000, e.body::text
  from circle c join event_log e
    on e.workspace_id = p_workspace and e.person_id = c.person_id
  where e.position <= p_position
  order by e.position
$$;

create function read_links(p_after bigint)
returns table (workspace_id int, person_id bigint, target_id bigint, linked_position bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select workspace_id, person_id, target_id, linked_position from person_links
  where unlinked_position is null
$$;

do $$
declare f text;
begin
  foreach f in array array[
    'append_events(text,text,text,text,text,text,text,text,text)', 'read_log(bigint,int)',
    'take_partitions(text,int,int)', 'renew_partitions(text,int)', 'release_partitions(text)',
    'checkpoint_partition(smallint,bigint,bigint,int[],bigint[],bigint[],bytea[])',
    'load_states(int[],bigint[])', 'read_person(int,bigint,bigint)', 'read_links(bigint)']
  loop
    execute format('alter function %s owner to enterprisehub_capture', f);
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to enterprisehub_app', f);
  end loop;
end $$;

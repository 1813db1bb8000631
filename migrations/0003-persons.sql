-- Links, merges and erasure: each is an entry of the log, so that "as known at t" stays true.

-- One entry for a person that already exists, under the same order protocol as append_events.
create function append_entry(
  p_workspace int, p_person bigint, p_type smallint, p_time timestamptz, p_body jsonb
) returns bigint language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
declare
  v_xid xid8;
  v_position bigint;
begin
  perform pg_advisory_lock(7310);
  v_xid := pg_current_xact_id();
  v_position := nextval('event_position_seq');
  perform pg_advisory_unlock(7310);
  insert into event_log
    (workspace_id, position, xid, person_id, type, event_time, received_at, body)
    values (p_workspace, v_position, v_xid, p_person, p_type, p_time, now(), p_body);
  return v_position;
end $$;

-- The person behind an identity, created when nobody has it. Null when that person was erased.
create function person_of(p_workspace int, p_kind smallint, p_value text) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare v bigint;
begin
  select person_id into v from identities
    where workspace_id = p_workspace and kind = p_kind and value = p_value;
  if found then return v; end if;
  if exists (select 1 from suppressions where workspace_id = p_workspace and kind = p_kind
    and value_hash = identity_hash(p_workspace, p_kind, p_value)) then return null; end if;
  insert into identities (workspace_id, kind, value, person_id)
    values (p_workspace, p_kind, p_value, nextval('person_id_seq'))
    on conflict do nothing returning person_id into v;
  if v is null then
    select person_id into v from identities
      where workspace_id = p_workspace and kind = p_kind and value = p_value;
  else
    insert into persons (workspace_id, person_id, lead_id)
      values (p_workspace, v, case when p_kind = 1 then p_value end);
  end if;
  return v;
end $$;

-- Who a person counts as now: the end of the chain of links.
create function canonical_person(p_workspace int, p_person bigint) returns bigint
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with recursive chain as (
    select p_person as person_id, 0 as depth
    union all
    select l.target_id, c.depth + 1 from chain c join person_links l
      on l.workspace_id = p_workspace and l.person_id = c.person_id
      and l.unlinked_position is null
    where c.depth < 64)
  select person_id from chain order by depth desc limit 1
$$;

-- From now on p_from counts as p_target. Answers 'linked', 'already' (nothing to do), or
-- 'taken' (p_from already counts as somebody else; never silently moved).
create function link_persons(
  p_workspace int, p_from bigint, p_target bigint, p_reason text, p_details jsonb
) returns text language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
declare
  v_target bigint;
  v_present bigint;
  v_position bigint;
  v_type smallint := case p_reason when 'merge' then 82 else 81 end;
begin
  -- One link at a time per workspace: chains and cycles cannot be judged under concurrency.
  perform pg_advisory_xact_lock(7311, p_workspace);
  v_target := canonical_person(p_workspace, p_target);
  select target_id into v_present from person_links
    where workspace_id = p_workspace and person_id = p_from and unlinked_position is null;
  if p_from = v_target then return 'already'; end if;
  if v_present is not null then
    return case when canonical_person(p_workspace, v_present) = v_target
      then 'already' else 'taken' end;
  end if;
  v_position := append_entry(p_workspace, v_target, v_type, now(),
    jsonb_build_object('properties', p_details || jsonb_build_object('from_person', p_from)));
  insert into person_links (workspace_id, person_id, target_id, linked_position, reason)
    values (p_workspace, p_from, v_target, v_position, p_reason);
  return 'linked';
end $$;

-- Undo of a merge (or of a wrong identify): p_from counts as itself again. False: not linked.
create function unlink_person(p_workspace int, p_from bigint, p_details jsonb) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  v_target bigint;
  v_position bigint;
begin
  perform pg_advisory_xact_lock(7311, p_workspace);
  select target_id into v_target from person_links
    where workspace_id = p_workspace and person_id = p_from and unlinked_position is null
    for update;
  if v_target is null then return false; end if;
  v_position := append_entry(p_workspace, v_target, 83::smallint, now(),
    jsonb_build_object('properties', p_details || jsonb_build_object('from_person', p_from)));
  perform append_entry(p_workspace, p_from, 83::smallint, now(),
    jsonb_build_object('properties', p_details || jsonb_build_object('from_target', v_target)));
  update person_links set unlinked_position = v_position
    where workspace_id = p_workspace and person_id = p_from and unlinked_position is null;
  return true;
end $$;

-- A person, whoever it counts as, and everybody who counts as them.
create function person_circle(p_workspace int, p_person bigint) returns bigint[]
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with recursive circle as (
    select canonical_person(p_workspace, p_person) as person_id
    union
    select l.person_id from circle c join person_links l
      on l.workspace_id = p_workspace and l.target_id = c.person_id
      and l.unlinked_position is null)
  select array_agg(person_id) from circle
$$;

-- What appends that overlapped an erasure wrote for the erased (tombstones stay).
create function erase_leftovers(p_workspace int, p_persons bigint[]) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  with gone as (
    delete from event_log where workspace_id = p_workspace and person_id = any(p_persons)
      and type <> 87 returning 1),
  states as (
    delete from lead_states where workspace_id = p_workspace and person_id = any(p_persons))
  select count(*) from gone
$$;

-- Erases a person and everybody who counts as them: log, state, predictions, feedback, attributes.
-- Keeps hashes of their identifiers (so that data sent again is refused) and the digests in
-- event_keys (so that a repeated event stays a duplicate). Answers the number of entries erased.
create function erase_person(p_workspace int, p_person bigint) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  v_circle bigint[];
  v_values text[];
  v_erased bigint;
  v_member bigint;
begin
  perform pg_advisory_xact_lock(7311, p_workspace);
  v_circle := person_circle(p_workspace, p_person);
  select coalesce(array_agg(value), '{}') into v_values from identities
    where workspace_id = p_workspace and person_id = any(v_circle);
  insert into suppressions (workspace_id, kind, value_hash)
    select workspace_id, kind, identity_hash(workspace_id, kind, value) from identities
    where workspace_id = p_workspace and person_id = any(v_circle)
    on conflict do nothing;
  -- Gone before the log is: an append that resolves the identity after this finds none.
  delete from identities where workspace_id = p_workspace and person_id = any(v_circle);
  delete from event_log where workspace_id = p_workspace and person_id = any(v_circle);
  get diagnostics v_erased = row_count;
  delete from lead_states where workspace_id = p_workspace and person_id = any(v_circle);
  delete from predictions where workspace_id = p_workspace and person_id = any(v_circle);
  delete from feedback where workspace_id = p_workspace and person_id = any(v_circle);
  delete from person_links where workspace_id = p_workspace
    and (person_id = any(v_circle) or target_id = any(v_circle));
  delete from quarantine where workspace_id = p_workspace
    and (body->>'lead_id' = any(v_values) or body->>'anonymous_id' = any(v_values)
      or body->>'userId' = any(v_values) or body->>'anonymousId' = any(v_values));
  delete from persons where workspace_id = p_workspace and person_id = any(v_circle);
  foreach v_member in array v_circle loop
    -- A tombstone without personal data: owners of partitions drop what they hold in memory.
    perform append_entry(p_workspace, v_member, 87::smallint, now(), '{}');
  end loop;
  return v_erased;
end $$;

do $$
declare f text;
begin
  foreach f in array array['append_entry(int,bigint,smallint,timestamptz,jsonb)',
    'person_of(int,smallint,text)', 'canonical_person(int,bigint)',
    'link_persons(int,bigint,bigint,text,jsonb)', 'unlink_person(int,bigint,jsonb)',
    'person_circle(int,bigint)', 'erase_leftovers(int,bigint[])', 'erase_person(int,bigint)']
  loop
    execute format('alter function %s owner to enterprisehub_capture', f);
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to enterprisehub_app', f);
  end loop;
end $$;

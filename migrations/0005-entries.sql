-- Entries under the order protocol of append_events. A position must be drawn right after the
-- transaction's id: a transaction that had an id before (it wrote something) could give its entry
-- a position above one that is still under way with a younger id, and readers, who trust that a
-- smaller id has only smaller positions, would pass that one over for ever.

create or replace function append_entry(
  p_workspace int, p_person bigint, p_type smallint, p_time timestamptz, p_body jsonb
) returns bigint language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
begin
  return (append_entries(p_workspace, array[p_person], p_type, p_time, array[p_body]))[1];
end $$;

-- Entries of several persons, before anything else that the transaction writes.
create function append_entries(
  p_workspace int, p_persons bigint[], p_type smallint, p_time timestamptz, p_bodies jsonb[]
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
    select p_workspace, v_first + e.ord - 1, v_xid, e.person_id, p_type, p_time, now(), e.body
    from unnest(p_persons, p_bodies) with ordinality as e(person_id, body, ord);
  return (select array_agg(p order by p) from generate_series(v_first, v_last) p);
end $$;

create or replace function unlink_person(p_workspace int, p_from bigint, p_details jsonb)
returns boolean language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
declare
  v_target bigint;
  v_position bigint;
begin
  -- No row lock before the entries: it would give the transaction its id.
  perform pg_advisory_xact_lock(7311, p_workspace);
  select target_id into v_target from person_links
    where workspace_id = p_workspace and person_id = p_from and unlinked_position is null;
  if v_target is null then return false; end if;
  v_position := (append_entries(p_workspace, array[v_target, p_from], 83::smallint, now(), array[
    jsonb_build_object('properties', p_details || jsonb_build_object('from_person', p_from)),
    jsonb_build_object('properties', p_details || jsonb_build_object('from_target', v_target))
  ]))[1];
  update person_links set unlinked_position = v_position
    where workspace_id = p_workspace and person_id = p_from and unlinked_position is null;
  return true;
end $$;

create or replace function erase_person(p_workspace int, p_person bigint) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  v_circle bigint[];
  v_tombstones bigint[];
  v_values text[];
  v_erased bigint;
begin
  perform pg_advisory_xact_lock(7311, p_workspace);
  v_circle := person_circle(p_workspace, p_person);
  -- Tombstones without personal data: owners of partitions drop what they hold in memory.
  v_tombstones := append_entries(p_workspace, v_circle, 87::smallint, now(),
    array_fill('{}'::jsonb, array[cardinality(v_circle)]));
  select coalesce(array_agg(value), '{}') into v_values from identities
    where workspace_id = p_workspace and person_id = any(v_circle);
  insert into suppressions (workspace_id, kind, value_hash)
    select workspace_id, kind, identity_hash(workspace_id, kind, value) from identities
    where workspace_id = p_workspace and person_id = any(v_circle)
    on conflict do nothing;
  -- Gone before the log is: an append that resolves the identity after this finds none.
  delete from identities where workspace_id = p_workspace and person_id = any(v_circle);
  delete from event_log where workspace_id = p_workspace and person_id = any(v_circle)
    and position <> all(v_tombstones);
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
  return v_erased;
end $$;

alter function append_entries(int,bigint[],smallint,timestamptz,jsonb[])
  owner to enterprisehub_capture;
revoke execute on function append_entries(int,bigint[],smallint,timestamptz,jsonb[]) from public;
grant execute on function append_entries(int,bigint[],smallint,timestamptz,jsonb[])
  to enterprisehub_app;

-- Leads newest first, and the leads of an agent.
create index persons_leads on persons (workspace_id, person_id desc) where lead_id is not null;
create index persons_by_owner on persons (workspace_id, owner_id) where owner_id is not null;

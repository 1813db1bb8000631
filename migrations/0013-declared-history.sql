-- Declared history: entries of which somebody said that they were known when they happened, as the
-- log of another system was. Nothing in the log is rewritten: received_at stays the truth about this
-- product, and a declaration beside it says how learning may look back ("as known at t").
create table declared_history (
  workspace_id int not null references workspaces,
  first_position bigint not null,
  last_position bigint not null check (last_position >= first_position),
  declared_at timestamptz not null default now(),
  primary key (workspace_id, first_position)
);
-- A range that is continued is found by its end.
create index declared_history_end on declared_history (workspace_id, last_position);
alter table declared_history enable row level security;
create policy tenant on declared_history to enterprisehub_app
  using (workspace_id = current_workspace()) with check (workspace_id = current_workspace());
create policy capture on declared_history to enterprisehub_capture using (true) with check (true);
grant select, insert, update on declared_history to enterprisehub_app;
grant select, insert, update, delete on declared_history to enterprisehub_capture;

-- As in 0003; p_time is when the link happened (null: now), p_declared whether it was known then.
drop function link_persons(int, bigint, bigint, text, jsonb);
create function link_persons(
  p_workspace int, p_from bigint, p_target bigint, p_reason text, p_details jsonb,
  p_time timestamptz, p_declared boolean
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
  v_position := append_entry(p_workspace, v_target, v_type, coalesce(p_time, now()),
    jsonb_build_object('properties', p_details || jsonb_build_object('from_person', p_from)));
  insert into person_links (workspace_id, person_id, target_id, linked_position, reason)
    values (p_workspace, p_from, v_target, v_position, p_reason);
  if p_declared then
    insert into declared_history (workspace_id, first_position, last_position)
      values (p_workspace, v_position, v_position);
  end if;
  return 'linked';
end $$;
alter function link_persons(int, bigint, bigint, text, jsonb, timestamptz, boolean)
  owner to enterprisehub_capture;
revoke execute on function link_persons(int, bigint, bigint, text, jsonb, timestamptz, boolean)
  from public;
grant execute on function link_persons(int, bigint, bigint, text, jsonb, timestamptz, boolean)
  to enterprisehub_app;

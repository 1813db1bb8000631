-- Rebuilding states that another version of the fold wrote, beside folding: how far each partition
-- is. A row is kept for the version that looks after the partition; another version begins anew.
create table state_rebuilds (
  partition smallint primary key references partition_leases,
  -- The version of the fold that all states are to be of.
  schema bigint not null,
  -- States of the partition when it began; those looked at; those written anew among them.
  leads bigint not null,
  done bigint not null default 0,
  rebuilt bigint not null default 0,
  -- The last lead looked at.
  after_workspace int not null default 0,
  after_person bigint not null default 0,
  began_at timestamptz not null default now(),
  -- When a process last took it up, and what was done then: for the rate.
  resumed_at timestamptz not null default now(),
  resumed_done bigint not null default 0,
  updated_at timestamptz not null default now(),
  finished_at timestamptz
);
grant select on state_rebuilds to enterprisehub_app;
grant select, insert, update, delete on state_rebuilds to enterprisehub_capture;

-- Takes up the partitions that are held under these epochs and whose states are not all known to be
-- of version p_schema; answers them.
create function begin_state_rebuilds(
  p_partitions smallint[], p_epochs bigint[], p_of int, p_schema bigint
) returns table (partition smallint, after_workspace int, after_person bigint)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
  v_new smallint[];
  v_leads bigint[];
begin
  select array_agg(p) into v_new from unnest(p_partitions) p
    where not exists (select from state_rebuilds r where r.partition = p and r.schema = p_schema);
  -- Counted before anything is locked.
  if v_new is not null then
    select array_agg(coalesce(c.n, 0) order by w.ord) into v_leads
      from unnest(v_new) with ordinality as w(p, ord)
      left join (select person_id % p_of as p, count(*) as n from lead_states group by 1) c
        on c.p = w.p;
  end if;
  perform from partition_leases l
    where l.partition = any(p_partitions) order by l.partition for share;
  insert into state_rebuilds (partition, schema, leads)
    select w.p, p_schema, w.n from unnest(v_new, v_leads) as w(p, n)
    join unnest(p_partitions, p_epochs) as held(p, epoch) on held.p = w.p
    join partition_leases l on l.partition = held.p and l.epoch = held.epoch
    on conflict (partition) do update set schema = excluded.schema, leads = excluded.leads,
      done = 0, rebuilt = 0, after_workspace = 0, after_person = 0, began_at = now(),
      finished_at = null;
  return query update state_rebuilds r
    set resumed_at = now(), resumed_done = r.done, updated_at = now()
    from unnest(p_partitions, p_epochs) as held(p, epoch)
    join partition_leases l on l.partition = held.p and l.epoch = held.epoch
    where r.partition = held.p and r.schema = p_schema and r.finished_at is null
    returning r.partition, r.after_workspace, r.after_person;
end $$;

-- The next states of a partition, by the bytes that say which version wrote them.
create function next_states(
  p_partition smallint, p_of int, p_workspace int, p_person bigint, p_limit int
) returns table (workspace_id int, person_id bigint, "position" bigint, head bytea)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select s.workspace_id, s.person_id, s.position, substring(s.state for 5) from lead_states s
  where (s.workspace_id, s.person_id) > (p_workspace, p_person)
    and s.person_id % p_of = p_partition
  order by s.workspace_id, s.person_id limit p_limit
$$;

-- Writes states anew and how far that is, fenced by the epoch as in checkpoint_partition. States
-- only: one that was folded further, or erased, since it was read stays as it is.
create function write_rebuilt_states(
  p_partition smallint, p_epoch bigint, p_schema bigint, p_looked int, p_workspace int,
  p_person bigint, p_is_last boolean,
  p_workspaces int[], p_persons bigint[], p_positions bigint[], p_lengths int[], p_states bytea
) returns int language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
declare
  v_written int;
begin
  perform from partition_leases where partition = p_partition and epoch = p_epoch for share;
  if not found then
    raise exception 'partition % was taken over (epoch % is stale)', p_partition, p_epoch
      using errcode = 'EH001';
  end if;
  with part as (
    select t.*, sum(t.length) over (order by t.ord) as ends
    from unnest(p_workspaces, p_persons, p_positions, p_lengths) with ordinality
      as t(workspace_id, person_id, "position", length, ord)
  ), held as materialized (
    select s.workspace_id, s.person_id from part join lead_states s using (workspace_id, person_id)
    where s.position = part.position
    order by s.workspace_id, s.person_id for update of s
  )
  update lead_states s
    set state = substring(p_states from (part.ends - part.length + 1)::int for part.length)
    from held join part using (workspace_id, person_id)
    where s.workspace_id = held.workspace_id and s.person_id = held.person_id;
  get diagnostics v_written = row_count;
  update state_rebuilds
    set done = done + p_looked, rebuilt = rebuilt + v_written, after_workspace = p_workspace,
      after_person = p_person, updated_at = now(), finished_at = case when p_is_last then now() end
    where partition = p_partition and schema = p_schema;
  return v_written;
end $$;

do $$
declare f text;
begin
  foreach f in array array['begin_state_rebuilds(smallint[],bigint[],int,bigint)',
    'next_states(smallint,int,int,bigint,int)',
    'write_rebuilt_states(smallint,bigint,bigint,int,int,bigint,boolean,int[],bigint[],bigint[],'
      || 'int[],bytea)']
  loop
    execute format('alter function %s owner to enterprisehub_capture', f);
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to enterprisehub_app', f);
  end loop;
end $$;

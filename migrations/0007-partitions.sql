-- The log in parts, one for each month in which events were learnt.
--
-- The key is the position, not a time: readers go by position, so a read passes over the parts
-- below its own without looking, and takes the others in order, one after the other. Part n holds
-- the positions from n * 10^10 up to (n + 1) * 10^10; when a month begins the sequence is moved to
-- the start of the next part (turn_log_part; gaps are normal). Nothing depends on that moment: a
-- late turn leaves a few events in the part before, and a month of more than 10^10 events runs
-- over into the next part, which is made ahead. A key of time would put a clock that is wrong
-- between readers and events. No default part: attaching one would lock the log.

create function log_part_span() returns bigint language sql immutable parallel safe
  return 10000000000;

drop view outcomes;
alter table event_log detach partition event_log_default;
drop table event_log;
alter table event_log_default rename to event_log_00000;
alter index event_log_default_position_idx rename to event_log_00000_position_idx;
alter index event_log_default_workspace_id_person_id_position_idx
  rename to event_log_00000_workspace_id_person_id_position_idx;
alter index event_log_default_workspace_id_type_event_time_idx
  rename to event_log_00000_workspace_id_type_event_time_idx;
-- Nobody reads or writes a part by its own name.
revoke all on event_log_00000 from enterprisehub_app, enterprisehub_capture;

create table event_log (
  workspace_id int not null,
  position bigint not null,
  xid xid8 not null,
  person_id bigint not null,
  type smallint not null,
  event_time timestamptz not null,
  received_at timestamptz not null,
  body jsonb not null
) partition by range (position);
create index event_log_position on event_log (position);
create index event_log_person on event_log (workspace_id, person_id, position);
create index event_log_outcomes on event_log (workspace_id, type, event_time)
  where type in (16, 21, 24, 26, 42, 43, 60, 61, 62, 63, 64, 65, 66);
alter table event_log enable row level security;
create policy tenant on event_log to enterprisehub_app
  using (workspace_id = current_workspace()) with check (workspace_id = current_workspace());
create policy capture on event_log to enterprisehub_capture using (true) with check (true);
grant select, delete on event_log to enterprisehub_app;
grant select, insert, update, delete on event_log to enterprisehub_capture;
alter table event_log attach partition event_log_00000
  for values from (minvalue) to (10000000000);

create view outcomes with (security_invoker = true) as
  select workspace_id, position, person_id, type, event_time as occurred_at, received_at, body
  from event_log where type in (16, 21, 24, 26, 42, 43, 60, 61, 62, 63, 64, 65, 66);
grant select on outcomes to enterprisehub_app, enterprisehub_capture;

-- The part that the next event goes to.
create function current_log_part() returns int language sql volatile as $$
  select ((last_value + is_called::int) / log_part_span())::int from event_position_seq
$$;

-- Makes the parts up to p_last that are missing; locks neither readers nor writers out. A part
-- carries the policy of the log: whoever were granted it would still see one workspace only.
create function make_log_parts(p_last int) returns int language plpgsql as $$
declare
  v_name text;
  v_made int := 0;
begin
  perform pg_advisory_xact_lock(7314);
  for n in greatest(0, current_log_part() - 1) .. p_last loop
    v_name := format('event_log_%s', lpad(n::text, 5, '0'));
    continue when to_regclass(v_name) is not null;
    execute format('create table %I (like event_log including all)', v_name);
    execute format('alter table %I enable row level security', v_name);
    execute format('create policy tenant on %I to enterprisehub_app
      using (workspace_id = current_workspace()) with check (workspace_id = current_workspace())',
      v_name);
    execute format('alter table event_log attach partition %I for values from (%s) to (%s)',
      v_name, n * log_part_span(), (n + 1) * log_part_span());
    v_made := v_made + 1;
  end loop;
  return v_made;
end $$;

-- Moves on to the next part when the first event of the present one was learnt in another month
-- (UTC). True when it moved. Call it on its own, after make_log_parts: positions wait meanwhile.
create function turn_log_part() returns boolean language plpgsql as $$
declare
  v_part int;
  v_opened timestamptz;
begin
  perform pg_advisory_xact_lock(7310);
  v_part := current_log_part();
  if to_regclass(format('event_log_%s', lpad((v_part + 1)::text, 5, '0'))) is null then
    return false;
  end if;
  select received_at into v_opened from event_log
    where position >= v_part * log_part_span() order by position limit 1;
  if v_opened is null or date_trunc('month', v_opened at time zone 'UTC')
    = date_trunc('month', now() at time zone 'UTC') then
    return false;
  end if;
  perform setval('event_position_seq', (v_part + 1) * log_part_span());
  return true;
end $$;

-- Parts that can never be written again and hold nothing any more (retention emptied them).
create function empty_log_parts() returns setof text language plpgsql as $$
declare
  v_name text;
  v_found boolean;
begin
  for v_name in select i.inhrelid::regclass::text from pg_inherits i
    where i.inhparent = 'event_log'::regclass order by 1
  loop
    continue when substr(v_name, 11)::int > current_log_part() - 2;
    execute format('select exists (select from %s)', v_name) into v_found;
    if not v_found then return next v_name; end if;
  end loop;
end $$;
revoke execute on function current_log_part(), make_log_parts(int), turn_log_part(),
  empty_log_parts() from public;

select make_log_parts(current_log_part() + 3);

-- Retention. What is deleted from the log stays counted: the base of a lead is its state folded
-- from everything that happened before a moment. Whoever folds the lead again begins there and
-- passes over older entries.
create table lead_bases (
  workspace_id int not null,
  person_id bigint not null,
  until timestamptz not null,
  state bytea not null,
  primary key (workspace_id, person_id),
  -- An erased person leaves none.
  foreign key (workspace_id, person_id) references persons on delete cascade
);
alter table lead_bases enable row level security;
create policy tenant on lead_bases to enterprisehub_app
  using (workspace_id = current_workspace()) with check (workspace_id = current_workspace());
create policy capture on lead_bases to enterprisehub_capture using (true) with check (true);
grant select, insert, update, delete on lead_bases to enterprisehub_app, enterprisehub_capture;

-- The base to fold a lead from: its own, else that of somebody who counts as it. (Two folded
-- states cannot be put together: when several have one, the others' deleted past is not counted.)
create function lead_base(p_workspace int, p_person bigint)
returns table (until double precision, state bytea)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with recursive circle as (
    select p_person as person_id
    union
    select l.person_id from circle c join person_links l on l.workspace_id = p_workspace
      and l.target_id = c.person_id and l.unlinked_position is null
  )
  select extract(epoch from b.until)::double precision * 1000, b.state
  from circle c join lead_bases b on b.workspace_id = p_workspace and b.person_id = c.person_id
  order by b.person_id <> p_person, b.until desc, b.person_id limit 1
$$;

-- Workspaces that do not keep events for ever.
create function list_retentions()
returns table (workspace_id int, events_days int, outcomes text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select w.workspace_id, (w.settings->'retention'->>'events_days')::int,
    coalesce(w.settings->'retention'->>'outcomes', 'keep')
  from workspaces w where w.settings->'retention'->>'events_days' is not null
    -- Younger ones hold nothing old enough.
    and w.created_at < now() - make_interval(days => (w.settings->'retention'->>'events_days')::int)
  order by w.workspace_id
$$;

-- Attempts at a secret, counted for all processes together. Keys are digests.
create table attempts (
  key bytea primary key,
  used int not null,
  until timestamptz not null
);
alter table attempts enable row level security;
create policy capture on attempts to enterprisehub_capture using (true) with check (true);
grant select, insert, update, delete on attempts to enterprisehub_capture;

-- Counts one attempt in a fixed window. 0: go on; otherwise whole seconds to wait.
create function take_attempt(p_key bytea, p_most int, p_seconds int) returns int
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  insert into attempts as a (key, used, until)
    values (p_key, 1, now() + make_interval(secs => p_seconds))
    on conflict (key) do update
      set used = case when a.until <= now() then 1 else least(a.used + 1, p_most + 1) end,
        until = case when a.until <= now() then excluded.until else a.until end
    returning case when a.used <= p_most then 0
      else greatest(1, ceil(extract(epoch from a.until - now())))::int end
$$;

create function refund_attempt(p_key bytea) returns void
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  update attempts set used = used - 1 where key = p_key and used > 0
$$;

create function forget_attempts() returns void
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  delete from attempts where until <= now()
$$;

do $$
declare f text;
begin
  foreach f in array array['lead_base(int,bigint)', 'list_retentions()',
    'take_attempt(bytea,int,int)', 'refund_attempt(bytea)', 'forget_attempts()']
  loop
    execute format('alter function %s owner to enterprisehub_capture', f);
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to enterprisehub_app', f);
  end loop;
end $$;

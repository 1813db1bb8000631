-- Enrichment hooks: addresses that a workspace registers, asked about leads that are new or changed,
-- and the calls that are due.

create table enrichment_hooks (
  workspace_id int not null references workspaces,
  hook_id bigint generated always as identity,
  name text not null,
  url text not null,
  -- What calls are signed with, sealed with the master key.
  secret bytea not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  -- So many calls wait that no more are queued; counted every second, not for every lead.
  is_full boolean not null default false,
  answered bigint not null default 0,
  failed bigint not null default 0,
  last_answered_at timestamptz,
  last_failed_at timestamptz,
  last_failure text,
  primary key (workspace_id, hook_id)
);

-- One row per hook and lead, however often the lead changes before it is called; gone with the lead.
create table enrichment_calls (
  workspace_id int not null,
  hook_id bigint not null,
  person_id bigint not null,
  changed_at timestamptz not null default clock_timestamp(),
  attempts int not null default 0,
  -- When it may be (next) tried; while a try is under way, when it counts as lost.
  due_at timestamptz not null default now(),
  primary key (workspace_id, hook_id, person_id),
  foreign key (workspace_id, hook_id) references enrichment_hooks on delete cascade,
  foreign key (workspace_id, person_id) references persons on delete cascade
);
create index enrichment_calls_due on enrichment_calls (due_at);
create index enrichment_calls_of_person on enrichment_calls (workspace_id, person_id);

do $$
declare t text;
begin
  foreach t in array array['enrichment_hooks', 'enrichment_calls'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy tenant on %I to enterprisehub_app
      using (workspace_id = current_workspace()) with check (workspace_id = current_workspace())', t);
    execute format('create policy capture on %I to enterprisehub_capture
      using (true) with check (true)', t);
    execute format('grant select, insert, update, delete on %I
      to enterprisehub_app, enterprisehub_capture', t);
  end loop;
end $$;

-- Two look-ups by key, so that capture is not held up. A queue that is full takes no more: what
-- changes then is not asked about. What a hook answered calls no hook (eh.enriching), so that two
-- hooks never call each other for ever.
create function queue_enrichment() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
begin
  if current_setting('eh.enriching', true) = 'on' then return null; end if;
  insert into enrichment_calls (workspace_id, hook_id, person_id)
    select h.workspace_id, h.hook_id, new.person_id from enrichment_hooks h
    where h.workspace_id = new.workspace_id and h.revoked_at is null and not h.is_full
    on conflict (workspace_id, hook_id, person_id) do update set changed_at = clock_timestamp();
  return null;
end $$;

create function due_enrichment_workspaces() returns setof int
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select distinct workspace_id from enrichment_calls where due_at <= now() order by 1
$$;

create function mark_full_enrichment(p_most int) returns void
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  update enrichment_hooks h set is_full = not h.is_full
  where h.revoked_at is null and h.is_full <> (p_most = (select count(*) from (
    select from enrichment_calls c where c.workspace_id = h.workspace_id
      and c.hook_id = h.hook_id limit p_most) waiting))
$$;

do $$
declare f text;
begin
  foreach f in array array['queue_enrichment()', 'due_enrichment_workspaces()',
    'mark_full_enrichment(int)'] loop
    execute format('alter function %s owner to enterprisehub_capture', f);
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to enterprisehub_app', f);
  end loop;
end $$;

create trigger lead_is_new after insert on persons for each row
  when (new.lead_id is not null) execute function queue_enrichment();
create trigger lead_is_changed after update of attributes, segment, stage on persons for each row
  when (new.lead_id is not null and (new.attributes, new.segment, new.stage)
    is distinct from (old.attributes, old.segment, old.stage))
  execute function queue_enrichment();

-- Acting on leads: what people do with a lead is an entry of the log, projected onto the lead's
-- row, so that lists are read by index; and finding a lead by any part of its names.

-- Not to be called before, or at all; null: no such thing.
alter table persons add column snoozed_until timestamptz, add column hidden_at timestamptz;
create index persons_snoozed on persons (workspace_id, snoozed_until desc)
  where snoozed_until is not null;
create index persons_hidden on persons (workspace_id, person_id desc) where hidden_at is not null;
create index persons_by_stage on persons (workspace_id, stage, person_id desc)
  where stage is not null and lead_id is not null;
drop index persons_by_owner;
create index persons_by_owner on persons (workspace_id, owner_id, person_id desc)
  where owner_id is not null;

-- Everything a lead is searched by, in lower case; the phone number also as its digits alone.
create function lead_search_text(p_lead text, p_attributes jsonb) returns text
  language sql immutable parallel safe
  return lower(coalesce(p_attributes->>'name', '') || ' ' || coalesce(p_attributes->>'email', '')
    || ' ' || coalesce(p_attributes->>'phone', '')
    || ' ' || regexp_replace(coalesce(p_attributes->>'phone', ''), '\D', '', 'g')
    || ' ' || p_lead);
alter table persons add column search_text text
  generated always as (lead_search_text(lead_id, attributes)) stored;

-- Both extensions come with PostgreSQL itself, also with the embedded one. Where a server was
-- installed without them, or its administrator keeps them back, searching works and is slower.
do $$ begin
  create extension if not exists pg_trgm with schema public;
  create extension if not exists btree_gin with schema public;
  -- What waits to be sorted in is read by every search: little of it, so that it costs little.
  create index persons_search on persons using gin (workspace_id, search_text gin_trgm_ops)
    with (gin_pending_list_limit = 256) where lead_id is not null;
exception when others then
  raise warning 'search of leads has no index: %', sqlerrm;
end $$;

-- Some leads whose names hold all the words of a search, at most p_limit; p_words are patterns of
-- LIKE. A function, because LIKE could tell of rows that row-level security hides and is therefore
-- never looked up in an index there.
create function search_leads(
  p_workspace int, p_owners bigint[], p_words text[], p_digits text, p_limit int
) returns bigint[] language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp as $$
declare v bigint[];
begin
  -- Planned anew each time: how rare the words are decides.
  execute 'select array(select p.person_id from persons p
    where p.workspace_id = $1 and p.lead_id is not null and ($2 is null or p.owner_id = any($2))
      and (p.search_text like $3 and p.search_text like all($4) or p.search_text like $5)
    limit $6)'
  into v using p_workspace, p_owners, lower(p_words[1]),
    array(select lower(w) from unnest(p_words[2:]) w), p_digits, p_limit;
  return v;
end $$;

-- Feedback is a projection of score_disputed entries.
alter table feedback add column position bigint;
create unique index feedback_once on feedback (workspace_id, position);
create index feedback_by_person on feedback (workspace_id, person_id);

-- What was undone did not happen.
create or replace view outcomes with (security_invoker = true) as
  select workspace_id, position, person_id, type, event_time as occurred_at, received_at, body
  from event_log e where type in (16, 21, 24, 26, 42, 43, 60, 61, 62, 63, 64, 65, 66)
    and not exists (select from event_log u where u.workspace_id = e.workspace_id
      and u.person_id = e.person_id and u.type = 88
      and (u.body->'properties'->>'target_position')::bigint = e.position);

-- What was taken back, by the person it is about; as good as empty.
create index event_log_undone on event_log (workspace_id, person_id) where type = 88;

-- As in 0017, without entries that had been taken back by p_position.
create or replace function read_leads(p_workspaces int[], p_leads bigint[], p_position bigint)
returns table (lead_id bigint, workspace_id int, "position" bigint, person_id bigint,
  type smallint, event_time double precision, received_at double precision, body text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set work_mem = '16MB' as $$
  with recursive circle as (
    select w.workspace_id, w.lead_id, w.lead_id as person_id
    from unnest(p_workspaces, p_leads) as w(workspace_id, lead_id)
    union
    select c.workspace_id, c.lead_id, l.person_id from circle c join person_links l
      on l.workspace_id = c.workspace_id and l.target_id = c.person_id
      and l.linked_position <= p_position
      and (l.unlinked_position is null or l.unlinked_position > p_position)
  ), undone as materialized (
    select (u.body->'properties'->>'target_position')::bigint as target
    from circle c join event_log u on u.workspace_id = c.workspace_id
      and u.person_id = c.person_id and u.type = 88
    where u.position <= p_position and u.body->'properties'->>'target_position' is not null
  )
  select c.lead_id, e.workspace_id, e.position, e.person_id, e.type,
    date_part('epoch', e.event_time) * 1000, date_part('epoch', e.received_at) * 1000,
    e.body::text
  from circle c join event_log e
    on e.workspace_id = c.workspace_id and e.person_id = c.person_id
  where e.position <= p_position and e.position not in (select target from undone)
  order by c.workspace_id, c.lead_id, e.event_time, e.position
$$;

-- Filters that a person keeps for their lists.
create table saved_filters (
  workspace_id int not null,
  filter_id bigint generated always as identity,
  user_id bigint not null,
  name text not null,
  query jsonb not null,
  created_at timestamptz not null default now(),
  primary key (workspace_id, filter_id),
  foreign key (workspace_id, user_id) references memberships on delete cascade,
  unique (workspace_id, user_id, name)
);
alter table saved_filters enable row level security;
create policy tenant on saved_filters to enterprisehub_app
  using (workspace_id = current_workspace()) with check (workspace_id = current_workspace());
create policy capture on saved_filters to enterprisehub_capture using (true) with check (true);
grant select, insert, update, delete on saved_filters to enterprisehub_app, enterprisehub_capture;

do $$
declare f text;
begin
  foreach f in array array['search_leads(int,bigint[],text[],text,int)']
  loop
    execute format('alter function %s owner to enterprisehub_capture', f);
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to enterprisehub_app', f);
  end loop;
end $$;

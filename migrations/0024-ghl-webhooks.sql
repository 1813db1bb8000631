-- GoHighLevel's webhooks: which workspaces a location belongs to, secret addresses for workflows,
-- and every delivery, stored before it is answered.

-- What records mean in a location, as it was last read. Only who proved to have its token is here.
create table ghl_locations (
  workspace_id int not null references workspaces,
  location_id text not null,
  settings jsonb not null,
  connected_at timestamptz not null default now(),
  primary key (workspace_id, location_id)
);
create index ghl_locations_by_id on ghl_locations (location_id);

create table ghl_hooks (
  workspace_id int not null references workspaces,
  hook_id bigint generated always as identity,
  name text not null,
  -- First and last characters, to tell addresses apart.
  hint text not null,
  secret_hash bytea not null unique,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  primary key (workspace_id, hook_id)
);

-- The key stays for ever, so that a repeated delivery is known; the body only while it is of use.
create table ghl_deliveries (
  workspace_id int not null references workspaces,
  delivery_id bigint generated always as identity,
  -- Digest of the webhookId, or of the address and the body where there is none.
  delivery_key bytea not null,
  -- Null: the signed address.
  hook_id bigint,
  type text not null,
  contact_id text,
  -- When it was sent, as it says.
  sent_at timestamptz,
  received_at timestamptz not null default now(),
  state text not null default 'due' check (state in ('due', 'waiting', 'done', 'quarantined')),
  -- What became of it.
  detail text,
  attempts int not null default 0,
  body bytea,
  primary key (workspace_id, delivery_id),
  unique (workspace_id, delivery_key)
);
create index ghl_deliveries_due on ghl_deliveries (workspace_id, delivery_id) where state = 'due';
create index ghl_deliveries_waiting on ghl_deliveries (workspace_id, contact_id)
  where state = 'waiting';
create index ghl_deliveries_of_contact on ghl_deliveries (workspace_id, contact_id)
  where body is not null;
create index ghl_deliveries_received on ghl_deliveries (workspace_id, received_at);

-- When what is known of a contact was said, so that older news changes nothing.
alter table ghl_contacts add column told_at timestamptz, add column stage_told_at timestamptz;

do $$
declare t text;
begin
  foreach t in array array['ghl_locations', 'ghl_hooks', 'ghl_deliveries'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy tenant on %I to enterprisehub_app
      using (workspace_id = current_workspace()) with check (workspace_id = current_workspace())', t);
    execute format('create policy capture on %I to enterprisehub_capture
      using (true) with check (true)', t);
    execute format('grant select, insert, update, delete on %I
      to enterprisehub_app, enterprisehub_capture', t);
  end loop;
end $$;

-- Who receives what is signed for a location; nobody signed in asks this.
create function ghl_location_workspaces(p_location text) returns setof int
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select workspace_id from ghl_locations where location_id = p_location order by 1
$$;

-- The first location that sends to a product which knows none, where the operator says that the
-- sender is to be trusted: it belongs to the workspace main from now on.
create function adopt_ghl_location(p_location text, p_settings jsonb) returns setof int
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(7314);
  if exists (select from ghl_locations) then return; end if;
  return query insert into ghl_locations (workspace_id, location_id, settings)
    select w.workspace_id, p_location, p_settings from workspaces w where w.slug = 'main'
    returning workspace_id;
end $$;

create function find_ghl_hook(p_hash bytea) returns table (workspace_id int, hook_id bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select h.workspace_id, h.hook_id from ghl_hooks h
  where h.secret_hash = p_hash and h.revoked_at is null
$$;

create function due_ghl_workspaces() returns setof int
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select distinct workspace_id from ghl_deliveries where state = 'due' order by 1
$$;

-- Bodies that nobody came for.
create function forget_ghl_bodies(p_waiting_days int, p_quarantined_days int) returns void
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  update ghl_deliveries set body = null, contact_id = null, state = 'done', detail = 'given up'
  where state = 'waiting' and received_at < now() - make_interval(days => p_waiting_days)
    or state = 'quarantined' and body is not null
      and received_at < now() - make_interval(days => p_quarantined_days)
$$;

-- A contact goes with the person it is: so does what was said of it.
create function forget_ghl_contact() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
begin
  update ghl_deliveries set body = null, contact_id = null, state = 'done', detail = 'erased'
    where workspace_id = old.workspace_id and contact_id = old.contact_id and body is not null;
  return null;
end $$;
create trigger ghl_contact_gone after delete on ghl_contacts
  for each row execute function forget_ghl_contact();

do $$
declare f text;
begin
  foreach f in array array['ghl_location_workspaces(text)', 'adopt_ghl_location(text,jsonb)',
    'find_ghl_hook(bytea)', 'due_ghl_workspaces()', 'forget_ghl_bodies(int,int)',
    'forget_ghl_contact()']
  loop
    execute format('alter function %s owner to enterprisehub_capture', f);
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to enterprisehub_app', f);
  end loop;
end $$;

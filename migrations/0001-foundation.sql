-- The foundation: workspaces, people who use the product, persons it learns about, and the log.
-- workspace_id leads every key (ready for a distributed PostgreSQL). Roles: objects belong to the
-- migrating owner; enterprisehub_app (runtime, no superuser, no BYPASSRLS) gets what it needs;
-- enterprisehub_capture (cannot log in) owns the few functions that must see several workspaces.

revoke create on schema public from public;
grant usage on schema public to enterprisehub_app, enterprisehub_capture;

-- The workspace of the running transaction; null outside of one, and then no row is visible.
create function current_workspace() returns int language sql stable parallel safe
  return nullif(current_setting('eh.workspace_id', true), '')::int;

create table workspaces (
  workspace_id int generated always as identity primary key,
  slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text not null,
  time_zone text not null default 'America/New_York',
  simulated boolean not null default false,
  settings jsonb not null default '{}',
  created_at timestamptz not null default now()
);

create table users (
  user_id bigint generated always as identity primary key,
  email text not null unique check (email = lower(email)),
  name text not null,
  password_hash text not null,
  time_zone text not null default 'America/New_York',
  working_hours jsonb not null default '{}',
  -- Raised on password change and logout-everywhere: older tokens stop working.
  token_version int not null default 0,
  created_at timestamptz not null default now(),
  disabled_at timestamptz
);

create table memberships (
  workspace_id int not null references workspaces,
  user_id bigint not null references users,
  role text not null check (role in ('agent', 'lead', 'admin')),
  team text not null default '',
  created_at timestamptz not null default now(),
  primary key (workspace_id, user_id)
);
create index memberships_by_user on memberships (user_id);

create table refresh_tokens (
  token_hash bytea primary key,
  user_id bigint not null references users,
  workspace_id int not null references workspaces,
  expires_at timestamptz not null,
  revoked_at timestamptz
);

create table api_keys (
  workspace_id int not null references workspaces,
  key_id bigint generated always as identity,
  kind text not null check (kind in ('secret', 'publishable')),
  name text not null,
  key_hash bytea not null unique,
  hint text not null,
  scopes text[] not null default '{}',
  origins text[] not null default '{}',
  created_by bigint references users,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  primary key (workspace_id, key_id)
);

-- Append-only, hash-chained per workspace.
create table audit_log (
  workspace_id int not null references workspaces,
  entry_no bigint not null,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  subject text not null,
  details jsonb not null default '{}',
  previous_hash bytea not null,
  hash bytea not null,
  primary key (workspace_id, entry_no)
);

-- Persons: whoever events are about. An anonymous visitor has no lead_id.
create sequence person_id_seq cache 1;
create table persons (
  workspace_id int not null references workspaces,
  person_id bigint not null,
  lead_id text,
  attributes jsonb not null default '{}',
  segment text,
  stage text,
  owner_id bigint references users,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (workspace_id, person_id),
  unique (workspace_id, lead_id)
);

-- Names under which a person is known. kind: 1 lead_id, 2 anonymous_id, 3 e-mail, 4 phone (E.164),
-- 5 identifier of an outside system. person_id is never rewritten: links say who counts as whom.
create table identities (
  workspace_id int not null,
  kind smallint not null,
  value text not null,
  person_id bigint not null,
  primary key (workspace_id, kind, value)
);
create index identities_by_person on identities (workspace_id, person_id);

-- person counts as target from linked_position on, until unlinked_position (both log positions).
create table person_links (
  workspace_id int not null,
  person_id bigint not null,
  target_id bigint not null,
  linked_position bigint not null,
  unlinked_position bigint,
  reason text not null check (reason in ('identify', 'merge')),
  primary key (workspace_id, person_id, linked_position),
  check (person_id <> target_id)
);
create unique index person_links_active on person_links (workspace_id, person_id)
  where unlinked_position is null;
create index person_links_by_target on person_links (workspace_id, target_id);

-- What stays of an erased person: only hashes, so that their data is refused when it comes again.
create table suppressions (
  workspace_id int not null,
  kind smallint not null,
  value_hash bytea not null,
  erased_at timestamptz not null default now(),
  primary key (workspace_id, kind, value_hash)
);

create function identity_hash(p_workspace int, p_kind smallint, p_value text) returns bytea
  language sql immutable parallel safe
  return sha256(convert_to(p_workspace || ':' || p_kind || ':' || p_value, 'UTF8'));

-- Listings in RESO field names; the log freezes the few that features need.
create table listings (
  workspace_id int not null references workspaces,
  listing_id text not null,
  list_price double precision,
  property_type text,
  living_area double precision,
  bedrooms_total smallint,
  latitude double precision,
  longitude double precision,
  data jsonb not null default '{}',
  frozen jsonb not null default '{}',
  updated_at timestamptz not null default now(),
  primary key (workspace_id, listing_id)
);

create table market_snapshots (
  workspace_id int primary key references workspaces,
  snapshot jsonb not null,
  taken_at timestamptz not null default now()
);

-- The log. position: place in the log (unique, increasing; gaps are normal). xid: the transaction
-- that wrote it; see append_events for why readers need it.
create sequence event_position_seq cache 1;
create table event_log (
  workspace_id int not null,
  position bigint not null,
  xid xid8 not null,
  person_id bigint not null,
  type smallint not null,
  event_time timestamptz not null,
  received_at timestamptz not null,
  body jsonb not null
) partition by range (received_at);
create index event_log_position on event_log (position);
create index event_log_person on event_log (workspace_id, person_id, position);
create table event_log_default partition of event_log default;

-- Idempotency for ever: the key table is not partitioned by time, so it can carry the constraint.
-- event_key is a 128-bit digest of the client's event_id; body_hash 64 bits of the canonical body.
create table event_keys (
  workspace_id int not null,
  event_key uuid not null,
  body_hash bigint not null,
  position bigint not null,
  primary key (workspace_id, event_key)
);

-- What could not be taken in as an event, kept for replay.
create table quarantine (
  workspace_id int not null references workspaces,
  quarantine_id bigint generated always as identity,
  received_at timestamptz not null default now(),
  code text not null,
  detail text not null,
  event_type text,
  body jsonb not null,
  primary key (workspace_id, quarantine_id)
);

-- Leases of the partitions of persons: an epoch that only rises. Whoever holds an old epoch has
-- lost the lease, and its writes fail (see checkpoint_partition).
create table partition_leases (
  partition smallint primary key,
  epoch bigint not null default 0,
  holder text,
  expires_at timestamptz not null default '-infinity',
  -- Everything at or below this position is folded into lead_states.
  cursor bigint not null default 0
);
insert into partition_leases (partition) select generate_series(0, 15);

create table lead_states (
  workspace_id int not null,
  person_id bigint not null,
  position bigint not null,
  state bytea not null,
  primary key (workspace_id, person_id)
) with (fillfactor = 70);

-- Six named stores of the guides: interactions are the log, outcomes a projection of it.
create table predictions (
  workspace_id int not null,
  prediction_id bigint generated always as identity,
  person_id bigint not null,
  model text not null,
  version int not null,
  probability real,
  as_of_position bigint not null,
  made_at timestamptz not null default now(),
  details jsonb not null default '{}',
  primary key (workspace_id, prediction_id)
);
create index predictions_by_person on predictions (workspace_id, person_id, made_at);

create table feedback (
  workspace_id int not null,
  feedback_id bigint generated always as identity,
  person_id bigint not null,
  prediction_id bigint,
  verdict text not null,
  because text not null default '',
  given_by bigint,
  given_at timestamptz not null default now(),
  primary key (workspace_id, feedback_id)
);

-- An outcome and the event of the same name are one fact: outcomes are a view of the log.
create index event_log_outcomes on event_log (workspace_id, type, event_time)
  where type in (16, 21, 24, 26, 42, 43, 60, 61, 62, 63, 64, 65, 66);
create view outcomes with (security_invoker = true) as
  select workspace_id, position, person_id, type, event_time as occurred_at, received_at, body
  from event_log where type in (16, 21, 24, 26, 42, 43, 60, 61, 62, 63, 64, 65, 66);

-- Row-level security: one policy, the same on every tenant table.
do $$
declare t text;
begin
  foreach t in array array['workspaces', 'memberships', 'api_keys', 'audit_log', 'persons',
    'identities', 'person_links', 'suppressions', 'listings', 'market_snapshots', 'event_log',
    'event_log_default', 'event_keys', 'quarantine', 'lead_states', 'predictions', 'feedback']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy tenant on %I to enterprisehub_app
      using (workspace_id = current_workspace()) with check (workspace_id = current_workspace())', t);
    execute format('create policy capture on %I to enterprisehub_capture
      using (true) with check (true)', t);
    execute format('grant select on %I to enterprisehub_app', t);
  end loop;
end $$;
-- A user is visible where it is a member.
alter table users enable row level security;
create policy tenant on users to enterprisehub_app using (exists (
  select 1 from memberships m
  where m.user_id = users.user_id and m.workspace_id = current_workspace()));
create policy capture on users to enterprisehub_capture using (true) with check (true);
grant select (user_id, email, name, time_zone, working_hours, created_at, disabled_at)
  on users to enterprisehub_app;
grant update (name, time_zone, working_hours) on users to enterprisehub_app;
alter table refresh_tokens enable row level security;
create policy capture on refresh_tokens to enterprisehub_capture using (true) with check (true);

grant insert, update, delete on persons, identities, person_links, listings, market_snapshots,
  lead_states, memberships, api_keys, predictions, feedback, quarantine
  to enterprisehub_app;
grant insert on suppressions, audit_log to enterprisehub_app;
grant delete on event_log, event_log_default, event_keys to enterprisehub_app;
grant update (name, time_zone, settings) on workspaces to enterprisehub_app;
grant usage on sequence person_id_seq to enterprisehub_app;
grant select on partition_leases to enterprisehub_app;
grant select on outcomes to enterprisehub_app;
grant select, insert, update, delete on all tables in schema public to enterprisehub_capture;
grant usage, update on all sequences in schema public to enterprisehub_capture;

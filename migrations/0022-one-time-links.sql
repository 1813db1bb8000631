-- One-time links: an invitation into a workspace, or a new password. Only the hash of the token is
-- kept; who has the link may use it once, until it expires or is revoked.
create table one_time_links (
  workspace_id int not null references workspaces,
  link_id bigint generated always as identity,
  kind text not null check (kind in ('invitation', 'password')),
  token_hash bytea not null unique,
  email text not null check (email = lower(email)),
  -- Whose password; an invitation is for an address that may have no account yet.
  user_id bigint references users,
  role text not null check (role in ('agent', 'lead', 'admin')),
  team text not null default '',
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  revoked_at timestamptz,
  primary key (workspace_id, link_id),
  check ((kind = 'password') = (user_id is not null))
);
-- A second link for the same takes the first one's place.
create unique index one_time_links_open on one_time_links (workspace_id, kind, email)
  where used_at is null and revoked_at is null;
alter table one_time_links enable row level security;
create policy tenant on one_time_links to enterprisehub_app
  using (workspace_id = current_workspace()) with check (workspace_id = current_workspace());
create policy capture on one_time_links to enterprisehub_capture using (true) with check (true);
grant select, insert, delete on one_time_links to enterprisehub_app;
grant update (revoked_at) on one_time_links to enterprisehub_app;
grant select, insert, update, delete on one_time_links to enterprisehub_capture;

-- What a link is for, by the hash of its token.
create function find_link(p_hash bytea)
returns table (workspace_id int, workspace_name text, link_id bigint, kind text, email text,
  user_id bigint, role text, team text, expires_at timestamptz, state text, has_account boolean)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select l.workspace_id, w.name, l.link_id, l.kind, l.email, l.user_id, l.role, l.team, l.expires_at,
    case when l.used_at is not null then 'used' when l.revoked_at is not null then 'revoked'
      when l.expires_at <= now() then 'expired' else 'open' end,
    exists (select from users u where u.email = l.email)
  from one_time_links l join workspaces w using (workspace_id) where l.token_hash = p_hash
$$;

-- False when it is open no longer: of two that come at the same moment one uses it.
create function use_link(p_hash bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update one_time_links set used_at = now() where token_hash = p_hash
    and used_at is null and revoked_at is null and expires_at > now();
  return found;
end $$;

-- Whether a workspace's administrator (null: a key of it) may act for the account of a member: not
-- when the member also belongs to a workspace that the administrator has no say in.
create function may_manage_account(p_workspace int, p_admin bigint, p_user bigint) returns boolean
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select exists (select from memberships where workspace_id = p_workspace and user_id = p_user)
    and not exists (select from memberships m where m.user_id = p_user
      and m.workspace_id <> p_workspace and not exists (select from memberships a
        where a.workspace_id = m.workspace_id and a.user_id = p_admin and a.role = 'admin'
          and a.disabled_at is null))
$$;

-- Ends what a user began in one workspace.
create function end_sessions(p_workspace int, p_user bigint) returns void
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  update refresh_tokens set revoked_at = now()
    where user_id = p_user and workspace_id = p_workspace and revoked_at is null
$$;

do $$
declare f text;
begin
  foreach f in array array['find_link(bytea)', 'use_link(bytea)',
    'may_manage_account(int,bigint,bigint)', 'end_sessions(int,bigint)']
  loop
    execute format('alter function %s owner to enterprisehub_capture', f);
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to enterprisehub_app', f);
  end loop;
end $$;

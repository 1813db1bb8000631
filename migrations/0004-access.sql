-- Access: sign-in, keys, refresh tokens, the audit chain. The runtime role sees nothing outside a
-- workspace; who calls must be known before there is one, so these look-ups are functions of
-- enterprisehub_capture, each answering exactly one question.

-- Disabling acts in one workspace: an administrator of one has no say in another.
alter table memberships add column disabled_at timestamptz;
-- Tokens that descend from one sign-in; a reused one ends them all.
alter table refresh_tokens add column family uuid not null default gen_random_uuid();
create index refresh_tokens_by_user on refresh_tokens (user_id);
create index refresh_tokens_by_family on refresh_tokens (family);
-- Only append_audit writes the chain.
revoke insert on audit_log from enterprisehub_app;

create function find_account(p_email text)
returns table (user_id bigint, password_hash text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select u.user_id, u.password_hash from users u
  where u.email = lower(p_email) and u.disabled_at is null
$$;

-- The session of a user in a workspace; without one, in the first they belong to.
create function session_of(p_user bigint, p_workspace int)
returns table (user_id bigint, email text, name text, time_zone text, token_version int,
  role text, team text, workspace_id int, slug text, workspace_name text, simulated boolean)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select u.user_id, u.email, u.name, u.time_zone, u.token_version, m.role, m.team,
    w.workspace_id, w.slug, w.name, w.simulated
  from users u join memberships m using (user_id) join workspaces w using (workspace_id)
  where u.user_id = p_user and u.disabled_at is null and m.disabled_at is null
    and (p_workspace is null or m.workspace_id = p_workspace)
  order by m.workspace_id limit 1
$$;

create function workspaces_of(p_user bigint)
returns table (workspace_id int, slug text, name text, time_zone text, simulated boolean, role text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select w.workspace_id, w.slug, w.name, w.time_zone, w.simulated, m.role
  from memberships m join workspaces w using (workspace_id)
  where m.user_id = p_user and m.disabled_at is null order by w.workspace_id
$$;

create function find_api_key(p_hash bytea)
returns table (workspace_id int, key_id bigint, kind text, scopes text[], origins text[])
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select k.workspace_id, k.key_id, k.kind, k.scopes, k.origins from api_keys k
  where k.key_hash = p_hash and k.revoked_at is null
$$;

create function put_refresh_token(p_hash bytea, p_user bigint, p_workspace int, p_seconds int)
returns void language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  delete from refresh_tokens where user_id = p_user and expires_at < now();
  insert into refresh_tokens (token_hash, user_id, workspace_id, expires_at)
    values (p_hash, p_user, p_workspace, now() + make_interval(secs => p_seconds))
$$;

-- Exchanges a token for its successor; no row when it is worth nothing. A token used a second time
-- was stolen, or its thief was first: the whole family ends. Within ten seconds it is more likely
-- two tabs of one browser, and only the second is refused.
create function rotate_refresh_token(p_old bytea, p_new bytea, p_seconds int)
returns table (user_id bigint, workspace_id int)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare v refresh_tokens%rowtype;
begin
  select * into v from refresh_tokens t where t.token_hash = p_old for update;
  if not found or v.expires_at < now() then return; end if;
  if v.revoked_at is not null then
    if v.revoked_at < now() - interval '10 seconds' then
      update refresh_tokens t set revoked_at = now()
        where t.family = v.family and t.revoked_at is null;
    end if;
    return;
  end if;
  update refresh_tokens t set revoked_at = now() where t.token_hash = p_old;
  insert into refresh_tokens (token_hash, user_id, workspace_id, expires_at, family)
    values (p_new, v.user_id, v.workspace_id, now() + make_interval(secs => p_seconds), v.family);
  user_id := v.user_id;
  workspace_id := v.workspace_id;
  return next;
end $$;

create function revoke_refresh_family(p_hash bytea)
returns table (user_id bigint, workspace_id int)
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  update refresh_tokens t set revoked_at = now()
  where t.family = (select f.family from refresh_tokens f where f.token_hash = p_hash)
    and t.revoked_at is null
  returning t.user_id, t.workspace_id
$$;

-- A new user, or the one who has this e-mail already, becomes a member. An existing password is
-- never touched: an administrator of one workspace must not take over an account of another.
create function add_member(p_workspace int, p_email text, p_name text, p_password_hash text,
  p_role text, p_team text)
returns table (user_id bigint, created boolean, joined boolean)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into users as u (email, name, password_hash)
    values (lower(p_email), p_name, p_password_hash)
    on conflict do nothing returning u.user_id into user_id;
  created := found;
  if not created then
    select u.user_id into user_id from users u where u.email = lower(p_email);
  end if;
  insert into memberships (workspace_id, user_id, role, team)
    values (p_workspace, user_id, p_role, p_team) on conflict do nothing;
  joined := found;
  return next;
end $$;

-- Ends every session of the user.
create function set_password(p_user bigint, p_password_hash text) returns void
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  update users set password_hash = p_password_hash, token_version = token_version + 1
    where user_id = p_user;
  update refresh_tokens set revoked_at = now() where user_id = p_user and revoked_at is null
$$;

-- Null when the slug is taken.
create function create_workspace(p_slug text, p_name text, p_time_zone text, p_admin bigint)
returns int language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare v int;
begin
  insert into workspaces (slug, name, time_zone) values (p_slug, p_name, p_time_zone)
    on conflict do nothing returning workspace_id into v;
  if v is not null then
    insert into memberships (workspace_id, user_id, role) values (v, p_admin, 'admin');
  end if;
  return v;
end $$;

-- Entry n is bound to entry n - 1 by its hash: changing or removing one breaks all later ones.
create function audit_hash(p_previous bytea, p_workspace int, p_no bigint, p_at timestamptz,
  p_actor text, p_action text, p_subject text, p_details jsonb) returns bytea
  language sql immutable parallel safe
  return sha256(p_previous || convert_to(jsonb_build_array(p_workspace, p_no,
    extract(epoch from p_at)::text, p_actor, p_action, p_subject, p_details)::text, 'UTF8'));

create function append_audit(p_workspace int, p_actor text, p_action text, p_subject text,
  p_details jsonb) returns bigint language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
declare
  v_no bigint;
  v_previous bytea;
  v_at timestamptz;
begin
  perform pg_advisory_xact_lock(7312, p_workspace);
  select entry_no, hash into v_no, v_previous from audit_log
    where workspace_id = p_workspace order by entry_no desc limit 1;
  v_no := coalesce(v_no, 0) + 1;
  v_previous := coalesce(v_previous, '\x'::bytea);
  v_at := clock_timestamp();
  insert into audit_log values (p_workspace, v_no, v_at, p_actor, p_action, p_subject, p_details,
    v_previous,
    audit_hash(v_previous, p_workspace, v_no, v_at, p_actor, p_action, p_subject, p_details));
  return v_no;
end $$;

-- The first entry that does not fit the chain; null when all do. (Cutting off the newest entries
-- leaves a shorter, valid chain: keep the last hash elsewhere to notice that.)
create function verify_audit(p_workspace int) returns bigint
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select min(entry_no) from (
    select a.*, lag(a.hash, 1, '\x'::bytea) over w as before,
      row_number() over w as expected_no
    from audit_log a where a.workspace_id = p_workspace window w as (order by a.entry_no)) e
  where e.entry_no <> e.expected_no or e.previous_hash <> e.before
    or e.hash <> audit_hash(e.previous_hash, e.workspace_id, e.entry_no, e.at, e.actor, e.action,
      e.subject, e.details)
$$;

do $$
declare f text;
begin
  foreach f in array array['find_account(text)', 'session_of(bigint,int)', 'workspaces_of(bigint)',
    'find_api_key(bytea)', 'put_refresh_token(bytea,bigint,int,int)',
    'rotate_refresh_token(bytea,bytea,int)', 'revoke_refresh_family(bytea)',
    'add_member(int,text,text,text,text,text)', 'set_password(bigint,text)',
    'create_workspace(text,text,text,bigint)', 'append_audit(int,text,text,text,jsonb)',
    'verify_audit(int)']
  loop
    execute format('alter function %s owner to enterprisehub_capture', f);
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to enterprisehub_app', f);
  end loop;
end $$;

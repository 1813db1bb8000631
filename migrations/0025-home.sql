-- Where a refused sign-in is written down: the first workspace of the user, disabled or not.
create function home_of(p_user bigint) returns int
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select min(m.workspace_id) from memberships m where m.user_id = p_user
$$;
alter function home_of(bigint) owner to enterprisehub_capture;
revoke execute on function home_of(bigint) from public;
grant execute on function home_of(bigint) to enterprisehub_app;

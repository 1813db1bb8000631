-- Folding a log that nobody folded yet: lead by lead instead of position by position, so that each
-- state is made once and written once however its entries lie scattered in the log.

-- How far the log can no longer change below (see append_events), and how much of it lies after
-- p_after, counted up to p_limit.
create function log_backlog(p_after bigint, p_limit int, out last bigint, out entries int)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select coalesce((select e.position from event_log e
      where e.xid < pg_snapshot_xmin(pg_current_snapshot()) order by e.position desc limit 1), 0),
    (select count(*)::int from (select from event_log e
      where e.position > p_after and e.xid < pg_snapshot_xmin(pg_current_snapshot())
      order by e.position limit p_limit) behind)
$$;

-- The next leads of a partition of persons: those who counted as nobody else at p_position.
create function next_leads(
  p_partition int, p_partitions int, p_workspace int, p_person bigint, p_position bigint,
  p_limit int
) returns table (workspace_id int, person_id bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select p.workspace_id, p.person_id from persons p
  where (p.workspace_id, p.person_id) > (p_workspace, p_person)
    and p.person_id % p_partitions = p_partition
    and not exists (select from person_links l
      where l.workspace_id = p.workspace_id and l.person_id = p.person_id
        and l.linked_position <= p_position
        and (l.unlinked_position is null or l.unlinked_position > p_position))
  order by p.workspace_id, p.person_id limit p_limit
$$;

-- As read_person, of many leads: one after the other, each in the order of the fold. Look-ups go
-- through the index of the log whatever the statistics say; large answers go through a file.
create function read_leads(p_workspaces int[], p_leads bigint[], p_position bigint)
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
  )
  select c.lead_id, e.workspace_id, e.position, e.person_id, e.type,
    date_part('epoch', e.event_time) * 1000, date_part('epoch', e.received_at) * 1000,
    e.body::text
  from circle c join event_log e
    on e.workspace_id = c.workspace_id and e.person_id = c.person_id
  where e.position <= p_position
  order by c.workspace_id, c.lead_id, e.event_time, e.position
$$;

-- As lead_base, of many leads; those without one are left out.
create function read_lead_bases(p_workspaces int[], p_leads bigint[])
returns table (workspace_id int, lead_id bigint, until double precision, state bytea)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select w.workspace_id, w.lead_id, b.until, b.state
  from unnest(p_workspaces, p_leads) as w(workspace_id, lead_id),
    lateral lead_base(w.workspace_id, w.lead_id) b
  where exists (select from lead_bases)
$$;

do $$
declare f text;
begin
  foreach f in array array['log_backlog(bigint,int)',
    'next_leads(int,int,int,bigint,bigint,int)', 'read_leads(int[],bigint[],bigint)',
    'read_lead_bases(int[],bigint[])']
  loop
    execute format('alter function %s owner to enterprisehub_capture', f);
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to enterprisehub_app', f);
  end loop;
end $$;

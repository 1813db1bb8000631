-- Look-ups by person through their indexes whatever the statistics say: until a new table is
-- analysed it counts as empty, and a plan made then reads all of the log for every person.
do $$
declare f text;
begin
  foreach f in array array['read_person(int,bigint,bigint)', 'load_states(int[],bigint[])',
    'scoring_inputs(int[],bigint[])', 'person_circle(int,bigint)', 'canonical_person(int,bigint)']
  loop
    execute format('alter function %s set enable_seqscan = off', f);
    execute format('alter function %s set enable_hashjoin = off', f);
    execute format('alter function %s set enable_mergejoin = off', f);
  end loop;
end $$;

-- Grades by the entry that decided them: whether one stands in the log already.
create index event_log_grades on event_log
  (workspace_id, ((body->'properties'->>'decided_by')::bigint)) where type = 80;

create function present_grades(p_workspace int, p_deciders bigint[])
returns table (decided_by bigint, target bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
  select (e.body->'properties'->>'decided_by')::bigint,
    (e.body->'properties'->>'target_position')::bigint
  from unnest(p_deciders) as d(position) join event_log e on e.workspace_id = p_workspace
    and e.type = 80 and (e.body->'properties'->>'decided_by')::bigint = d.position
$$;
alter function present_grades(int, bigint[]) owner to enterprisehub_capture;
revoke execute on function present_grades(int, bigint[]) from public;
grant execute on function present_grades(int, bigint[]) to enterprisehub_app;

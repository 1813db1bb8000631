-- Model versions, which of them was live when, what they predicted, and the current score of every
-- lead.

-- Artefacts stand in the database: they are some megabytes, one backup holds everything, and a
-- version and its alias appear in one transaction. Sealed with the workspace's key (AES-256-GCM),
-- which stands here wrapped by the master key.
create table workspace_keys (
  workspace_id int primary key references workspaces,
  wrapped_key bytea not null,
  created_at timestamptz not null default now()
);

create table model_versions (
  workspace_id int not null references workspaces,
  model text not null,
  version int not null check (version > 0),
  created_at timestamptz not null default now(),
  created_by text not null,
  note text not null default '',
  metrics jsonb not null default '{}',
  -- SHA-256 of the bytes before sealing.
  digest bytea not null,
  artefact bytea not null,
  primary key (workspace_id, model, version)
);
-- Compressed and encrypted already.
alter table model_versions alter column artefact set storage external;

create table model_aliases (
  workspace_id int not null,
  model text not null,
  alias text not null check (alias in ('champion', 'challenger', 'shadow')),
  version int not null,
  set_at timestamptz not null default now(),
  primary key (workspace_id, model, alias),
  foreign key (workspace_id, model, version) references model_versions
);

-- Which version was live from when; version null: none any more. Only grows.
create table model_log (
  workspace_id int not null references workspaces,
  change_no bigint generated always as identity,
  model text not null,
  alias text not null,
  version int,
  at timestamptz not null default now(),
  actor text not null,
  reason text not null default '',
  primary key (workspace_id, change_no)
);
create index model_log_by_model on model_log (workspace_id, model, change_no);

-- One vector per (lead, moment), shared by all models that predicted from it.
create table prediction_vectors (
  workspace_id int not null,
  person_id bigint not null,
  as_of timestamptz not null,
  -- FOLD_SCHEMA of the features.
  schema bigint not null,
  -- 32-bit floats, little endian, in the order of the catalogue.
  numbers bytea not null,
  categories text[] not null,
  primary key (workspace_id, person_id, as_of),
  foreign key (workspace_id, person_id) references persons on delete cascade
);

alter table predictions
  add column as_of timestamptz not null default now(),
  add column score real,
  add column low real,
  add column high real,
  add column prior real,
  add column why text not null default 'shown' check (why in ('shown', 'acted', 'snapshot')),
  add column made_on date not null default (now() at time zone 'UTC')::date;
-- Looking twice a day at a lead that did nothing meanwhile is one prediction.
create unique index predictions_once on predictions
  (workspace_id, person_id, model, version, as_of_position, why, made_on);

create table lead_scores (
  workspace_id int not null,
  person_id bigint not null,
  -- Of the champion that computed it; null: there was none.
  version int,
  position bigint not null,
  computed_at timestamptz not null,
  score real,
  probability real,
  low real,
  high real,
  prior real,
  times_average real,
  reason text,
  -- The score of the last day before computed_at on which there was one.
  score_before real,
  churn_risk real,
  commission real,
  reachability real not null default 1,
  call_reasons text[] not null default '{}',
  call_next double precision,
  last_activity_at timestamptz,
  primary key (workspace_id, person_id),
  foreign key (workspace_id, person_id) references persons on delete cascade
) with (fillfactor = 70);
create index lead_scores_by_score on lead_scores
  (workspace_id, score desc, person_id desc) where score is not null;
create index lead_scores_by_call on lead_scores
  (workspace_id, call_next desc, person_id desc) where call_next is not null;
create index lead_scores_by_churn on lead_scores
  (workspace_id, churn_risk desc, person_id desc) where churn_risk is not null;
create index lead_scores_by_activity on lead_scores
  (workspace_id, last_activity_at desc, person_id desc) where last_activity_at is not null;
create index lead_scores_by_age on lead_scores (workspace_id, computed_at);

do $$
declare t text;
begin
  foreach t in array array['workspace_keys', 'model_versions', 'model_aliases', 'model_log',
    'prediction_vectors', 'lead_scores']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy tenant on %I to enterprisehub_app
      using (workspace_id = current_workspace()) with check (workspace_id = current_workspace())', t);
    execute format('create policy capture on %I to enterprisehub_capture
      using (true) with check (true)', t);
    execute format('grant select on %I to enterprisehub_app', t);
    execute format('grant select, insert, update, delete on %I to enterprisehub_capture', t);
  end loop;
end $$;
-- Versions and the log of what was live are never changed.
grant insert on workspace_keys, model_versions, model_log, prediction_vectors
  to enterprisehub_app;
grant insert, update, delete on model_aliases to enterprisehub_app;

-- What is live in all workspaces: how every process learns of a new version.
create function live_models()
returns table (workspace_id int, model text, alias text, version int, set_at timestamptz)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select a.workspace_id, a.model, a.alias, a.version, a.set_at from model_aliases a
$$;

-- What scoring needs beside the state; persons that are gone are left out.
create function scoring_inputs(p_workspaces int[], p_persons bigint[])
returns table (workspace_id int, person_id bigint, lead_id text, segment text, owner_id bigint,
  attributes jsonb)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select p.workspace_id, p.person_id, p.lead_id, p.segment, p.owner_id, p.attributes
  from unnest(p_workspaces, p_persons) as w(workspace_id, person_id)
  join persons p using (workspace_id, person_id)
$$;

-- Writes current scores; an older state or an earlier moment never replaces a later one.
create function save_lead_scores(p_rows jsonb) returns void
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  insert into lead_scores as s (workspace_id, person_id, version, position, computed_at, score,
    probability, low, high, prior, times_average, reason, commission, reachability, call_reasons,
    call_next, last_activity_at)
  select r.workspace_id, r.person_id, r.version, r.position, r.computed_at, r.score,
    r.probability, r.low, r.high, r.prior, r.times_average, r.reason, r.commission,
    r.reachability, r.call_reasons, r.call_next, r.last_activity_at
  from jsonb_to_recordset(p_rows) as r(workspace_id int, person_id bigint, version int,
    position bigint, computed_at timestamptz, score real, probability real, low real, high real,
    prior real, times_average real, reason text, commission real, reachability real,
    call_reasons text[], call_next double precision, last_activity_at timestamptz)
  join persons p using (workspace_id, person_id)
  order by r.workspace_id, r.person_id
  on conflict (workspace_id, person_id) do update set
    version = excluded.version, position = excluded.position, computed_at = excluded.computed_at,
    score = excluded.score, probability = excluded.probability, low = excluded.low,
    high = excluded.high, prior = excluded.prior, times_average = excluded.times_average,
    reason = excluded.reason, commission = excluded.commission,
    reachability = excluded.reachability, call_reasons = excluded.call_reasons,
    call_next = excluded.call_next, last_activity_at = excluded.last_activity_at,
    score_before = case
      when (s.computed_at at time zone 'UTC')::date < (excluded.computed_at at time zone 'UTC')::date
      then coalesce(s.score, s.score_before) else s.score_before end
  where s.position <= excluded.position and s.computed_at <= excluded.computed_at
$$;

-- Leads whose score is older than p_before or missing, oldest first, with their state as written.
create function stale_lead_scores(p_workspace int, p_partitions int[], p_before timestamptz,
  p_limit int)
returns table (workspace_id int, person_id bigint, "position" bigint, state bytea)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select l.workspace_id, l.person_id, l.position, l.state
  from (select c.person_id from lead_scores c
      where c.workspace_id = p_workspace and c.computed_at < p_before
        and c.person_id % 16 = any(p_partitions)
      order by c.computed_at limit p_limit) s
  join lead_states l on l.workspace_id = p_workspace and l.person_id = s.person_id
$$;

-- Gives every lead that has a state and no score a place in the queue of stale ones.
create function queue_unscored_leads(p_workspace int) returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  with added as (
    insert into lead_scores (workspace_id, person_id, position, computed_at)
    select l.workspace_id, l.person_id, 0, '-infinity' from lead_states l
    join persons p using (workspace_id, person_id)
    where l.workspace_id = p_workspace and p.lead_id is not null
      and not exists (select from lead_scores s
        where s.workspace_id = l.workspace_id and s.person_id = l.person_id)
    on conflict do nothing returning 1)
  select count(*) from added
$$;

-- How the leads of a workspace did that are known for at least p_days: by segment, with the
-- number that made an offer or bought within p_days of becoming known. What a lead is expected to
-- do where no model is trained.
create function lead_rates(p_workspace int, p_days int)
returns table (segment text, leads bigint, positives bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with known as (
    select e.person_id, min(e.event_time) as since from event_log e
    where e.workspace_id = p_workspace and e.type < 80 group by e.person_id),
  mature as (
    select k.person_id, k.since, p.segment from known k
    join persons p on p.workspace_id = p_workspace and p.person_id = k.person_id
    where p.lead_id is not null and k.since < now() - make_interval(days => p_days))
  select m.segment, count(*), count(*) filter (where exists (select from event_log o
      where o.workspace_id = p_workspace and o.person_id = m.person_id and o.type in (24, 42)
        and o.event_time >= m.since
        and o.event_time < m.since + make_interval(days => p_days)))
  from mature m group by m.segment
$$;

do $$
declare f text;
begin
  foreach f in array array['live_models()', 'scoring_inputs(int[],bigint[])',
    'save_lead_scores(jsonb)', 'stale_lead_scores(int,int[],timestamptz,int)',
    'queue_unscored_leads(int)', 'lead_rates(int,int)']
  loop
    execute format('alter function %s owner to enterprisehub_capture', f);
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to enterprisehub_app', f);
  end loop;
end $$;

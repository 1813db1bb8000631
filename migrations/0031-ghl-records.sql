-- What records of GoHighLevel that change (opportunities, appointments) gave to the log, so that a
-- later version of one takes back what no longer holds and adds what is new.
create table ghl_records (
  workspace_id int not null,
  kind text not null check (kind in ('opportunity', 'appointment')),
  record_id text not null,
  person_id bigint not null,
  -- When what is known of it was said: older news change nothing.
  told_at timestamptz not null,
  -- Events that hold, and events that have yet to be taken back.
  entries jsonb not null,
  -- How many events of each name it gave so far.
  issued jsonb not null,
  primary key (workspace_id, kind, record_id),
  foreign key (workspace_id, person_id) references persons on delete cascade
);
create index ghl_records_by_person on ghl_records (workspace_id, person_id);
alter table ghl_records enable row level security;
create policy tenant on ghl_records to enterprisehub_app
  using (workspace_id = current_workspace()) with check (workspace_id = current_workspace());
create policy capture on ghl_records to enterprisehub_capture using (true) with check (true);
grant select, insert, update, delete on ghl_records to enterprisehub_app, enterprisehub_capture;

-- Outcomes that hold: without those that were taken back.
create or replace view outcomes with (security_invoker = true) as
  select l.workspace_id, l.position, l.person_id, l.type, l.event_time as occurred_at,
    l.received_at, l.body
  from event_log l where l.type in (16, 21, 24, 26, 42, 43, 60, 61, 62, 63, 64, 65, 66)
    and not exists (select from event_log u where u.workspace_id = l.workspace_id
      and u.person_id = l.person_id and u.type = 88
      and u.body->'properties'->'target_position' = to_jsonb(l.position));

-- Imports of files over HTTP: under way, done, failed. touched_at is the heartbeat of the process
-- that does the work: files are not kept, so an import whose process died is sent again.
create table imports (
  workspace_id int not null references workspaces,
  import_id bigint generated always as identity,
  kind text not null,
  status text not null default 'running' check (status in ('running', 'done', 'failed')),
  progress real not null default 0,
  result jsonb,
  error text,
  requested_by text not null,
  requested_at timestamptz not null default now(),
  touched_at timestamptz not null default now(),
  primary key (workspace_id, import_id)
);
alter table imports enable row level security;
create policy tenant on imports to enterprisehub_app
  using (workspace_id = current_workspace()) with check (workspace_id = current_workspace());
create policy capture on imports to enterprisehub_capture using (true) with check (true);
grant select, insert, update on imports to enterprisehub_app;
grant select, insert, update, delete on imports to enterprisehub_capture;

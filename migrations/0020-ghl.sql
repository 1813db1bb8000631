-- GoHighLevel: which contact is which lead, and how far the import of a location is.
create table ghl_contacts (
  workspace_id int not null,
  contact_id text not null,
  location_id text not null,
  person_id bigint not null,
  primary key (workspace_id, contact_id),
  foreign key (workspace_id, person_id) references persons on delete cascade
);
create index ghl_contacts_by_person on ghl_contacts (workspace_id, person_id);
create index ghl_contacts_by_location on ghl_contacts (workspace_id, location_id, contact_id);

-- Written with every page that is stored, so that an import goes on where it was cut off.
create table ghl_backfills (
  workspace_id int not null references workspaces,
  location_id text not null,
  cursor jsonb not null,
  counts jsonb not null,
  started_at timestamptz not null default now(),
  touched_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (workspace_id, location_id)
);

do $$
declare t text;
begin
  foreach t in array array['ghl_contacts', 'ghl_backfills'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy tenant on %I to enterprisehub_app
      using (workspace_id = current_workspace()) with check (workspace_id = current_workspace())', t);
    execute format('create policy capture on %I to enterprisehub_capture
      using (true) with check (true)', t);
    execute format('grant select, insert, update, delete on %I
      to enterprisehub_app, enterprisehub_capture', t);
  end loop;
end $$;

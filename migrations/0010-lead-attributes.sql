-- Attributes of imported leads, as the workspace declared them, and labels without a date.

create table attribute_declarations (
  workspace_id int not null references workspaces,
  name text not null,
  label text not null,
  type text not null check (type in ('number', 'category')),
  policy text not null check (policy in ('free', 'proxy', 'protected')),
  known_at text not null check (known_at in ('before_contact', 'during', 'after_outcome')),
  -- Why the leak guard asks; null when it does not.
  suspicion text,
  -- Whether a person has said so; until then a suspicious attribute stays out of models.
  confirmed boolean not null default false,
  updated_at timestamptz not null default now(),
  primary key (workspace_id, name)
);

-- What became of an imported lead when nobody knows the day: good for learning from attributes,
-- no outcome of the log.
create table lead_labels (
  workspace_id int not null,
  person_id bigint not null,
  converted boolean not null,
  recorded_at timestamptz not null default now(),
  primary key (workspace_id, person_id),
  foreign key (workspace_id, person_id) references persons on delete cascade
);

do $$
declare t text;
begin
  foreach t in array array['attribute_declarations', 'lead_labels'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy tenant on %I to enterprisehub_app
      using (workspace_id = current_workspace()) with check (workspace_id = current_workspace())', t);
    execute format('create policy capture on %I to enterprisehub_capture
      using (true) with check (true)', t);
    execute format('grant select, insert, update, delete on %I
      to enterprisehub_app, enterprisehub_capture', t);
  end loop;
end $$;

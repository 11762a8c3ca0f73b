-- What apps write: recipients, their addresses, preferences and subscriptions. No table needs a row
-- in another one, so an app may write them in any order, with plain INSERTs.

create table tidings.recipients (
  id         text primary key check (octet_length(id) between 1 and 128),
  locale     text check (octet_length(locale) <= 64),
  time_zone  text check (octet_length(time_zone) <= 64),
  muted      boolean not null default false,
  created_at timestamptz not null default now()
);

create table tidings.addresses (
  recipient          text not null check (octet_length(recipient) between 1 and 128),
  channel            text not null check (channel ~ '^[a-z0-9_-]{1,64}$'),
  address            text not null check (octet_length(address) between 1 and 2048),
  active             boolean not null default true,
  registered_at      timestamptz not null default clock_timestamp(),
  deactivated_at     timestamptz,
  deactivated_reason text check (octet_length(deactivated_reason) <= 512),
  primary key (recipient, channel, address)
);

create table tidings.preferences (
  recipient text not null check (octet_length(recipient) between 1 and 128),
  scope     text not null default '*' check (scope ~ '^([a-z0-9_-]{1,64}|\*)$'),
  channel   text not null default '*' check (channel ~ '^([a-z0-9_-]{1,64}|\*)$'),
  enabled   boolean not null,
  primary key (recipient, scope, channel)
);

create table tidings.subscriptions (
  topic      text not null check (octet_length(topic) between 1 and 256),
  recipient  text not null check (octet_length(recipient) between 1 and 128),
  created_at timestamptz not null default now(),
  primary key (topic, recipient)
);
create index subscriptions_by_recipient on tidings.subscriptions (recipient);

-- An app that writes an active address registers it (again): that outlives a quarantine which was
-- decided before.
create function tidings.on_address_written() returns trigger language plpgsql as $$
begin
  if new.active then
    new.registered_at := clock_timestamp();
    new.deactivated_at := null;
    new.deactivated_reason := null;
  elsif new.deactivated_at is null then
    new.deactivated_at := clock_timestamp();
  end if;
  return new;
end $$;

create trigger address_written before insert or update on tidings.addresses
  for each row execute function tidings.on_address_written();

-- Workers keep profiles in memory and listen here. The payload is the recipient; an empty one means
-- everybody, for changes so large that naming each would cost more than reading them again.
create function tidings.notify_profiles(p_recipients text[]) returns void language plpgsql as $$
begin
  if cardinality(p_recipients) > 500 then
    perform pg_notify('tidings_profiles', '');
  else
    perform pg_notify('tidings_profiles', r) from unnest(p_recipients) r;
  end if;
end $$;

create function tidings.on_profile_inserted() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'recipients' then
    perform tidings.notify_profiles(array(select distinct id from changed_new));
  else
    perform tidings.notify_profiles(array(select distinct recipient from changed_new));
  end if;
  return null;
end $$;

create function tidings.on_profile_updated() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'recipients' then
    perform tidings.notify_profiles(array(select id from changed_new union select id from changed_old));
  else
    perform tidings.notify_profiles(
      array(select recipient from changed_new union select recipient from changed_old));
  end if;
  return null;
end $$;

create function tidings.on_profile_deleted() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'recipients' then
    perform tidings.notify_profiles(array(select distinct id from changed_old));
  else
    perform tidings.notify_profiles(array(select distinct recipient from changed_old));
  end if;
  return null;
end $$;

create function tidings.on_profiles_truncated() returns trigger language plpgsql as $$
begin
  perform pg_notify('tidings_profiles', '');
  return null;
end $$;

do $$
declare
  t text;
begin
  foreach t in array array['recipients', 'addresses', 'preferences'] loop
    execute format('create trigger profile_inserted after insert on tidings.%I
      referencing new table as changed_new
      for each statement execute function tidings.on_profile_inserted()', t);
    execute format('create trigger profile_updated after update on tidings.%I
      referencing old table as changed_old new table as changed_new
      for each statement execute function tidings.on_profile_updated()', t);
    execute format('create trigger profile_deleted after delete on tidings.%I
      referencing old table as changed_old
      for each statement execute function tidings.on_profile_deleted()', t);
    execute format('create trigger profiles_truncated after truncate on tidings.%I
      for each statement execute function tidings.on_profiles_truncated()', t);
  end loop;
end $$;

-- The log: one row per delivery, partitioned by the week of its first claim. Only the functions
-- claim() and settle() write it.

-- A state that a delivery has left.
create type tidings.event as (
  at timestamptz, state text, attempt int, reason text, provider text, error text
);

-- The order matters: what a settlement changes stands together and before the long texts that it
-- leaves alone, because the write-ahead log leaves out a common beginning and a common end.
create table tidings.log (
  day                 date not null,         -- of the first claim, UTC
  address_hash        bigint not null,       -- hashtextextended(address, 0)
  token               bigint not null,       -- of the claim that owns the row
  created_at          timestamptz not null,
  updated_at          timestamptz not null,  -- when the present state began
  next_attempt_at     timestamptz,
  cap_at              bigint,                -- the slot this row took in each of its caps, ms
  owner               int not null,          -- instance of the claim that owns the row
  attempt             int not null,
  takeovers           smallint not null,     -- owners that died while sending it
  priority            smallint not null,
  state               text not null,
  reason              text,
  provider            text,
  provider_message_id text,
  error               text,
  events              tidings.event[],       -- earlier states; the first `sending` is implied
  caps                text[],                -- caps in which this row holds its job's slot
  uncertain           boolean,               -- true: an attempt may have been sent; null: none
  notification_id     text not null,
  recipient           text not null,
  type                text not null,
  channel             text not null,
  address             text not null
) partition by range (day);

-- Exact rolling windows: when each slot was taken (ms), oldest first.
create table tidings.cap_windows (
  recipient text not null,
  cap       text not null,
  window_ms bigint not null,
  slots     bigint[] not null,
  primary key (recipient, cap)
) with (fillfactor = 50);

create function tidings.today() returns date language sql stable as $$
  select (clock_timestamp() at time zone 'UTC')::date
$$;

create function tidings.week_of(p_day date) returns date language sql immutable as $$
  select p_day - (extract(isodow from p_day)::int - 1)
$$;

-- True when it was made now. The unique index is the partition's own because its key lacks `day`;
-- across partitions claim() sees to it that there is one row.
create function tidings.create_partition(p_week date) returns boolean language plpgsql as $$
declare
  v_name text := 'log_' || to_char(p_week, 'YYYYMMDD');
begin
  if to_regclass('tidings.' || v_name) is not null then return false; end if;
  perform pg_advisory_xact_lock(1953063017, -1);
  if to_regclass('tidings.' || v_name) is not null then return false; end if;
  -- Room for the settlement's version of each row in the row's own page: no index is touched then.
  execute format('create table tidings.%I (like tidings.log including all) with (fillfactor = 45)',
                 v_name);
  execute format('create unique index %I on tidings.%I
                  (notification_id, recipient, channel, address_hash)', v_name || '_key', v_name);
  execute format('alter table tidings.log attach partition tidings.%I for values from (%L) to (%L)',
                 v_name, p_week, p_week + 7);
  return true;
end $$;

-- Partitions for this week and p_ahead more; drops those in which everything is older than
-- p_retention_days. A partition that somebody reads is dropped another time. Does nothing else:
-- from the first drop to the commit all claims and settlements wait.
create function tidings.maintain_partitions(p_retention_days int, p_ahead int,
                                            out made int, out dropped int)
language plpgsql as $$
declare
  v_week date;
  v_keep date := tidings.week_of(tidings.today() - p_retention_days);
  v_name text;
begin
  made := 0;
  dropped := 0;
  perform pg_advisory_xact_lock(1953063017, -1);
  for n in -1 .. p_ahead loop
    v_week := tidings.week_of(tidings.today()) + 7 * n;
    if tidings.create_partition(v_week) then made := made + 1; end if;
  end loop;
  set local lock_timeout = '2s';  -- not before: whoever comes second waits for the first
  for v_name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'tidings.log'::regclass and c.relname ~ '^log_[0-9]{8}$'
      and to_date(right(c.relname, 8), 'YYYYMMDD') < v_keep
    order by 1
  loop
    begin
      execute format('drop table tidings.%I', v_name);
      dropped := dropped + 1;
    exception when lock_not_available then null;
    end;
  end loop;
end $$;

-- Takes the windows away that hold no slot any more, in p_blocks blocks of their table from p_block
-- on: so few at a time, because claims wait for those that it has locked. It waits for nobody, and
-- leaves out what a claim is writing. Returns the block to go on with, null behind the last one.
create function tidings.sweep_cap_windows(p_block bigint, p_blocks int) returns bigint
language plpgsql set enable_seqscan = off as $$
declare
  v_from tid := format('(%s,0)', p_block);
  v_to tid := format('(%s,0)', p_block + p_blocks);
  v_ms bigint := floor(extract(epoch from clock_timestamp()) * 1000);
begin
  delete from tidings.cap_windows w
  where w.ctid = any (array(
    select o.ctid from tidings.cap_windows o
    where o.ctid >= v_from and o.ctid < v_to
      and coalesce(o.slots[cardinality(o.slots)], 0) + o.window_ms < v_ms - 3600000
    for update skip locked));
  if (p_block + p_blocks) * current_setting('block_size')::int
     >= pg_relation_size('tidings.cap_windows') then
    return null;
  end if;
  return p_block + p_blocks;
end $$;

-- What apps may read.
create view tidings.deliveries as
  select notification_id, recipient, type, channel, address, state, reason, attempt, provider,
         provider_message_id, error, priority, next_attempt_at, created_at, updated_at
  from tidings.log;

create view tidings.delivery_events as
  select l.notification_id, l.recipient, l.type, l.channel, l.address,
         e.at, e.state, e.attempt, e.reason, e.provider, e.error
  from tidings.log l
  cross join lateral (
    select l.created_at, 'sending', 0, null, null, null
    where coalesce(l.events[1].at, l.updated_at) <> l.created_at
    union all
    select v.at, v.state, v.attempt, v.reason, v.provider, v.error from unnest(l.events) v
    union all
    select l.updated_at, l.state, l.attempt, l.reason, l.provider, l.error
  ) e (at, state, attempt, reason, provider, error);

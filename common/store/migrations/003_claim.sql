-- claim(): decides, in one round trip for a whole batch, which deliveries the caller may send.
--
-- Items are rows over parallel arrays, in the order of their jobs. Answers only for items that are
-- neither plainly claimed nor skipped as asked; row 0 tells the partition of those, and what time
-- it is here (workers' clocks may differ). Run again with the same arguments it gives the same
-- answers: each item's token (p_token + its place) is on the row that it claimed.
--
-- Recipients are locked first, in order, in a statement of their own: each later statement then sees
-- all that others committed about them. That makes duplicates (across partitions) and caps exact.
--
-- p_flags: 1 redelivered, 2 replay, 4 exclusive, 8 another job of the batch has the same key.
-- p_caps: the caps (an array literal) whose slot an item takes for its job and channel, if all goes
-- plainly. Caps are listed for every item; p_cap_first marks those of p_caps.

-- The functions below that read tables are plpgsql, which keeps their plans for the session: one in
-- SQL is planned anew in each statement that calls it, about 1 ms with the partitions of the log.

-- Slots still in the window.
create function tidings.live_slots(p_recipient text, p_cap text, p_after bigint)
returns bigint[] language plpgsql stable as $$
begin
  return coalesce((select array(select s from unnest(w.slots) s where s > p_after order by s)
                   from tidings.cap_windows w where w.recipient = p_recipient and w.cap = p_cap),
                  '{}');
end $$;

-- The same without one of those taken at p_own, if there is any.
create function tidings.without_own(p_slots bigint[], p_own bigint)
returns bigint[] language sql immutable as $$
  select case when array_position(p_slots, p_own) is null then p_slots
         else p_slots[:array_position(p_slots, p_own) - 1] ||
              p_slots[array_position(p_slots, p_own) + 1:] end
$$;

-- Takes a slot at p_ms; the one that the job took at p_own, if any, is free again.
create function tidings.take_slot(p_recipient text, p_cap text, p_window bigint, p_ms bigint,
                                  p_own bigint)
returns void language plpgsql as $$
begin
  insert into tidings.cap_windows (recipient, cap, window_ms, slots)
  values (p_recipient, p_cap, p_window, array[p_ms])
  on conflict (recipient, cap) do update
  set window_ms = p_window,
      slots = tidings.without_own(tidings.live_slots(p_recipient, p_cap, p_ms - p_window), p_own)
              || p_ms;
end $$;

-- Gives a job's slot back, unless something was sent in the channel or still may be: what killed or
-- lost its workers may have reached the provider before. p_dropped: nothing more will be sent under
-- this cap, so what waits for a retry doesn't need the slot.
create function tidings.refund(p_id text, p_recipient text, p_channel text, p_cap text,
                               p_dropped boolean default false)
returns void language plpgsql set enable_seqscan = off as $$
declare
  h record;
begin
  perform from tidings.log l
  where l.notification_id = p_id and l.recipient = p_recipient and l.channel = p_channel
    and (l.uncertain or (l.state not in ('skipped', 'dead', 'deferred')
                         and not (p_dropped and l.state = 'retrying')));
  if found then return; end if;
  select l.day, l.address_hash, l.cap_at into h from tidings.log l
  where l.notification_id = p_id and l.recipient = p_recipient and l.channel = p_channel
    and p_cap = any(l.caps)
  limit 1;
  if not found then return; end if;
  update tidings.cap_windows w set slots = tidings.without_own(w.slots, h.cap_at)
  where w.recipient = p_recipient and w.cap = p_cap and h.cap_at = any(w.slots);
  update tidings.log l set caps = nullif(array_remove(l.caps, p_cap), '{}')
  where l.day = h.day and l.notification_id = p_id and l.recipient = p_recipient
    and l.channel = p_channel and l.address_hash = h.address_hash;
end $$;

-- When the job took the slot that it holds; null if it holds none.
create function tidings.own_slot(p_id text, p_recipient text, p_channel text, p_cap text, p_since date)
returns bigint language plpgsql stable as $$
begin
  return max(l.cap_at) from tidings.log l
  where l.notification_id = p_id and l.recipient = p_recipient and l.channel = p_channel
    and l.day >= p_since and p_cap = any(l.caps);
end $$;

-- The earlier states of a row, with its present one added. The first `sending` is implied, unless
-- its owner died and it is uncertain what came of it.
create function tidings.earlier(p_events tidings.event[], p_created timestamptz, p_at timestamptz,
                                p_state text, p_attempt int, p_reason text, p_provider text,
                                p_error text)
returns tidings.event[] language sql immutable as $$
  select case when p_events is null and p_state = 'sending' and p_at = p_created
                and p_reason is null then null
         else (coalesce(p_events, '{}') ||
               row(p_at, p_state, p_attempt, p_reason, p_provider, p_error)::tidings.event)
              [greatest(1, coalesce(cardinality(p_events), 0) - 38):] end
$$;

-- Whose process lives: each holds a lock with its number. Keys below 1 are other locks, and an oid
-- has no sign.
create function tidings.live_instances() returns int[] language plpgsql stable as $$
begin
  return coalesce(array_agg(k.objid::bigint::int), '{}') from pg_locks k
  where k.locktype = 'advisory' and k.classid = 1953063017 and k.objsubid = 2 and k.granted
    and k.objid::bigint between 1 and 2147483647
    and k.database = (select d.oid from pg_database d where d.datname = current_database());
end $$;

create function tidings.claim(
  p_instance int, p_token bigint, p_retention_days int, p_grace_ms bigint,
  p_id text[], p_recipient text[], p_type text[], p_channel text[], p_address text[],
  p_attempt int[], p_priority int[], p_flags int[], p_skip text[], p_caps text[],
  p_cap_item int[], p_cap_recipient text[], p_cap_name text[], p_cap_limit int[],
  p_cap_window bigint[], p_cap_defer boolean[], p_cap_first boolean[])
returns table (o_item int, o_verdict int, o_attempt int, o_day int, o_at bigint, o_state text,
               o_reason text, o_provider text, o_error text)
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  c_claimed constant int := 0;  c_taken_over constant int := 1;  c_skipped constant int := 2;
  c_duplicate constant int := 3;  c_capped constant int := 4;  c_busy constant int := 5;
  c_follow_up constant int := 6;  c_suspect constant int := 7;  c_poison constant int := 8;
  v_now timestamptz;
  v_ms bigint;
  v_day date;
  v_since date;
  v_slow int[];
  v_over int[];
  v_alive int[];
  v_fresh boolean;
  v_found boolean;
  v_open boolean;
  v_kills int;
  v_attempt int;
  v_state text;
  v_reason text;
  v_next timestamptz;
  v_new_caps text[];
  v_drop boolean;
  v_free bigint;
  v_slots bigint[];
  v_cap int;
  i record;
  r record;
begin
  perform pg_advisory_xact_lock(s.h)
  from (select distinct hashtextextended(u, 0) as h from unnest(p_recipient) u order by 1) s;

  v_now := clock_timestamp();
  v_ms := floor(extract(epoch from v_now) * 1000);
  v_day := (v_now at time zone 'UTC')::date;
  v_since := tidings.week_of(v_day - p_retention_days);
  -- Maintenance is ahead of this; should it have failed, sending goes on.
  perform tidings.create_partition(tidings.week_of(v_day));

  o_item := 0;
  o_day := v_day - date '1970-01-01';
  o_at := v_ms;
  return next;

  -- Jobs that were seen before go item by item; so do those that meet a full cap.
  select coalesce(array_agg(u.item::int), '{}') into v_slow
  from unnest(p_id, p_recipient, p_flags) with ordinality u (id, recipient, flags, item)
  where (u.flags & 8) <> 0 or exists (
    select from tidings.log l
    where l.notification_id = u.id and l.recipient = u.recipient
      and l.day between v_since and v_day + 1);  -- not the partitions of weeks to come

  if cardinality(p_cap_item) > 0 then
    -- A window with room even for its expired slots is not looked through.
    select coalesce(array_agg(distinct n.item), '{}') into v_over
    from (select u.item, u.recipient, u.name, u.room, u.width,
                 count(*) filter (where u.first) over (partition by u.recipient, u.name) as wanted
          from unnest(p_cap_item, p_cap_recipient, p_cap_name, p_cap_limit, p_cap_window, p_cap_first)
               u (item, recipient, name, room, width, first)
          where u.item <> all(v_slow)) n
    left join tidings.cap_windows w on w.recipient = n.recipient and w.cap = n.name
    where n.wanted + coalesce(cardinality(w.slots), 0) > n.room
      and n.wanted + (select count(*) from unnest(w.slots) s where s > v_ms - n.width) > n.room;
    v_slow := v_slow || v_over;
  end if;

  insert into tidings.log (day, address_hash, token, created_at, updated_at, cap_at, owner, attempt,
                           takeovers, priority, notification_id, recipient, type, channel, address,
                           state, reason, caps)
  select v_day, hashtextextended(u.address, 0), p_token + u.item, v_now, v_now,
         case when u.caps is not null then v_ms end, p_instance, u.attempt, 0, u.priority, u.id,
         u.recipient, u.type, u.channel, u.address,
         case when u.skip is null then 'sending' else 'skipped' end, u.skip, u.caps::text[]
  from unnest(p_id, p_recipient, p_type, p_channel, p_address, p_attempt, p_priority, p_skip, p_caps)
       with ordinality u (id, recipient, type, channel, address, attempt, priority, skip, caps, item)
  where u.item <> all(v_slow);

  -- Slots are in the order of time: when the first one lives, all do.
  if cardinality(p_cap_item) > 0 then
    insert into tidings.cap_windows as w (recipient, cap, window_ms, slots)
    select u.recipient, u.name, max(u.width), array_fill(v_ms, array[count(*)::int])
    from unnest(p_cap_item, p_cap_recipient, p_cap_name, p_cap_window, p_cap_first)
         u (item, recipient, name, width, first)
    where u.first and u.item <> all(v_slow)
    group by 1, 2 order by 1, 2
    on conflict (recipient, cap) do update
    set window_ms = excluded.window_ms,
        slots = case when w.slots[1] > v_ms - excluded.window_ms then w.slots
                     else array(select s from unnest(w.slots) s where s > v_ms - excluded.window_ms)
                end || excluded.slots;
  end if;

  if cardinality(v_slow) = 0 then return; end if;

  for i in
    select u.*, p_token + u.item as token, hashtextextended(u.address, 0) as address_hash,
           (u.flags & 1) <> 0 as redelivered, (u.flags & 2) <> 0 as replay,
           (u.flags & 4) <> 0 as exclusive
    from unnest(p_id, p_recipient, p_type, p_channel, p_address, p_attempt, p_priority, p_flags,
                p_skip) with ordinality
         u (id, recipient, type, channel, address, attempt, priority, flags, skip, item)
    where u.item = any(v_slow) order by u.item
  loop
    -- Not locked: claims of this recipient are one after the other, a settlement changes only what
    -- is `sending`, and to wait for one while it waits for another of these rows is a deadlock.
    select l.* into r from tidings.log l
    where l.notification_id = i.id and l.recipient = i.recipient and l.channel = i.channel
      and l.address_hash = i.address_hash and l.day >= v_since
    order by l.day desc limit 1;
    v_found := found;
    v_open := not v_found;
    v_kills := 0;
    v_attempt := i.attempt;

    o_item := i.item;
    o_verdict := c_duplicate;
    o_day := coalesce(r.day, v_day) - date '1970-01-01';
    o_at := null; o_state := null; o_reason := null; o_provider := null; o_error := null;

    if v_found then
      if r.token = i.token then  -- this very claim, committed before
        v_attempt := r.attempt;
        o_verdict := case
          when r.state = 'sending' then case when r.takeovers > 0 then c_taken_over else c_claimed end
          when r.state = 'dead' then c_poison
          when i.skip is not null then c_skipped
          else c_capped end;
        if r.state = 'deferred' then
          o_at := floor(extract(epoch from r.next_attempt_at) * 1000);
        end if;
      elsif r.state in ('retrying', 'deferred') and r.attempt <= i.attempt then
        v_open := true;
      elsif r.state = 'dead' and i.replay then
        v_open := true;
        v_attempt := 0;
      elsif r.state in ('retrying', 'deferred', 'dead') then
        v_attempt := r.attempt;
        if i.redelivered then
          o_verdict := c_follow_up;
          o_at := floor(extract(epoch from r.next_attempt_at) * 1000);
          o_state := r.state; o_reason := r.reason; o_provider := r.provider; o_error := r.error;
        end if;
      elsif r.state = 'sending' and i.redelivered then
        if v_alive is null then
          v_alive := tidings.live_instances();
          v_fresh := v_now - pg_postmaster_start_time() < p_grace_ms * interval '1 ms';
        end if;
        v_kills := r.takeovers + 1;
        v_attempt := r.attempt;
        if v_fresh or r.owner = p_instance or r.owner = any(v_alive) then
          o_verdict := c_busy;
        else
          -- Should its owner have settled it before it died, and after the look above.
          perform from tidings.log l
          where l.day = r.day and l.notification_id = i.id and l.recipient = i.recipient
            and l.channel = i.channel and l.address_hash = i.address_hash
            and l.token = r.token and l.state = 'sending' for update;
          if not found then
            o_verdict := c_busy;
          elsif v_kills >= 3 then
            o_verdict := c_poison;
          elsif v_kills = 2 and not i.exclusive then
            o_verdict := c_suspect;
          else
            v_open := true;
          end if;
        end if;
      end if;
    end if;

    v_state := null;
    v_reason := null;
    v_next := null;
    v_new_caps := null;
    if o_verdict = c_poison and r.token <> i.token then
      v_state := 'dead';
      v_reason := 'poison';
    elsif v_open and i.skip is not null then
      o_verdict := c_skipped;
      v_state := 'skipped';
      v_reason := i.skip;
    elsif v_open then
      o_verdict := case when v_kills > 0 then c_taken_over else c_claimed end;
      v_state := 'sending';
      if cardinality(p_cap_item) > 0 then
        -- One slot per job and channel, whichever address took it; at each attempt it is taken anew,
        -- because what counts is when something was sent. What a dead worker may have sent already
        -- is not refused any more.
        v_drop := false;
        v_free := null;
        v_cap := array_position(p_cap_item, i.item);  -- an item's caps stand together
        while p_cap_item[v_cap] = i.item loop
          v_slots := tidings.without_own(
            tidings.live_slots(i.recipient, p_cap_name[v_cap], v_ms - p_cap_window[v_cap]),
            tidings.own_slot(i.id, i.recipient, i.channel, p_cap_name[v_cap], v_since));
          if v_kills > 0 or cardinality(v_slots) < p_cap_limit[v_cap] then
            v_new_caps := v_new_caps || p_cap_name[v_cap];
          elsif p_cap_defer[v_cap] and p_cap_limit[v_cap] > 0 then
            v_free := greatest(v_free, v_slots[cardinality(v_slots) - p_cap_limit[v_cap] + 1]
                                       + p_cap_window[v_cap]);
          else
            v_drop := true;
          end if;
          v_cap := v_cap + 1;
        end loop;
        if v_drop or v_free is not null then
          o_verdict := c_capped;
          v_state := case when v_drop then 'skipped' else 'deferred' end;
          v_reason := 'capped';
          v_new_caps := null;
          if not v_drop then
            o_at := v_free;
            v_next := timestamptz 'epoch' + v_free * interval '1 ms';
          end if;
        elsif v_new_caps is not null then
          v_cap := array_position(p_cap_item, i.item);
          while p_cap_item[v_cap] = i.item loop
            perform tidings.take_slot(
              i.recipient, p_cap_name[v_cap], p_cap_window[v_cap], v_ms,
              tidings.own_slot(i.id, i.recipient, i.channel, p_cap_name[v_cap], v_since));
            v_cap := v_cap + 1;
          end loop;
          -- This row holds them from now on.
          update tidings.log l
          set caps = nullif(array(select unnest(l.caps) except select unnest(v_new_caps)), '{}')
          where l.notification_id = i.id and l.recipient = i.recipient and l.channel = i.channel
            and l.day >= v_since and l.address_hash <> i.address_hash and l.caps && v_new_caps;
        end if;
      end if;
    end if;

    if v_state is not null and not v_found then
      insert into tidings.log (day, address_hash, token, created_at, updated_at, next_attempt_at,
                               cap_at, owner, attempt, takeovers, priority, notification_id,
                               recipient, type, channel, address, state, reason, caps)
      values (v_day, i.address_hash, i.token, v_now, v_now, v_next,
              case when v_new_caps is not null then v_ms end, p_instance, v_attempt, 0, i.priority,
              i.id, i.recipient, i.type, i.channel, i.address, v_state, v_reason, v_new_caps);
    elsif v_state is not null then
      -- Caps that were taken from its type since: nobody else would give their slots back.
      if v_state = 'sending' and v_kills = 0 and not r.caps <@ coalesce(v_new_caps, '{}') then
        perform tidings.refund(i.id, i.recipient, i.channel, d.cap, true)
        from (select unnest(r.caps) except select unnest(v_new_caps)) d (cap);
      end if;
      update tidings.log l
      set token = i.token, owner = p_instance, state = v_state, reason = v_reason,
          attempt = v_attempt, takeovers = v_kills, next_attempt_at = v_next, updated_at = v_now,
          provider = null, provider_message_id = null, error = null,
          caps = coalesce(v_new_caps, l.caps),
          cap_at = case when v_new_caps is null then l.cap_at else v_ms end,
          uncertain = v_kills > 0 or l.uncertain,
          events = tidings.earlier(l.events, l.created_at, l.updated_at, l.state, l.attempt,
                                   case when v_kills > 0 then 'uncertain' else l.reason end,
                                   l.provider, l.error)
      where l.day = r.day and l.notification_id = i.id and l.recipient = i.recipient
        and l.channel = i.channel and l.address_hash = i.address_hash;
      if v_state in ('skipped', 'deferred') and v_kills = 0 then  -- whichever address holds the slot
        perform tidings.refund(i.id, i.recipient, i.channel, h.cap)
        from (select distinct u as cap from tidings.log l, unnest(l.caps) u
              where l.notification_id = i.id and l.recipient = i.recipient
                and l.channel = i.channel and l.day >= v_since) h;
      end if;
    end if;
    o_attempt := v_attempt;
    return next;
  end loop;
end $$;

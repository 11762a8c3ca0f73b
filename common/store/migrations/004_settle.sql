-- settle(): writes what became of claimed deliveries, a whole batch in one round trip. Only the
-- claim that owns a row may settle it, and only once: run again with the same arguments it changes
-- nothing. Returns the items whose row is another claim's by now, which are hardly ever any: what
-- becomes of those is not the caller's to tell. A row that is not there (erased, or lost with a
-- server) is nobody else's.
--
-- p_next: ms from now; workers' clocks may differ. p_gone: items whose address the provider calls
-- gone. p_refund_*: items that sent nothing, and the caps whose slot the job gives back if its other
-- addresses in the channel sent nothing either. p_uncertain: items that may have been sent.

create function tidings.settle(
  p_day int[], p_token bigint[], p_id text[], p_recipient text[], p_channel text[], p_address text[],
  p_state text[], p_attempt int[], p_next bigint[], p_reason text[], p_provider text[],
  p_message_id text[], p_error text[],
  p_gone int[], p_refund_item int[], p_refund_recipient text[], p_refund_cap text[],
  p_uncertain int[])
returns setof int
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off
set plan_cache_mode = force_generic_plan
as $$
declare
  v_now timestamptz;
  v_first date;
  v_last date;
  v_count int;
begin
  -- Only refunds touch what claims of others look at.
  if cardinality(p_refund_item) > 0 then
    perform pg_advisory_xact_lock(s.h)
    from (select distinct hashtextextended(u, 0) as h from unnest(p_refund_recipient) u order by 1) s;
  end if;
  v_now := clock_timestamp();
  select date '1970-01-01' + min(u), date '1970-01-01' + max(u) into v_first, v_last
  from unnest(p_day) u;

  -- A row that an app is just writing is being registered again: it stays active.
  if cardinality(p_gone) > 0 then
    update tidings.addresses a
    set active = false, deactivated_at = v_now, deactivated_reason = g.reason
    from (select b.recipient, b.channel, b.address,
                 left(coalesce(nullif(u.error, ''), u.reason, 'gone'), 120) as reason
          from unnest(p_day, p_token, p_id, p_recipient, p_channel, p_address, p_reason, p_error)
               with ordinality u (day, token, id, recipient, channel, address, reason, error, item)
          join tidings.log l
            on l.day = date '1970-01-01' + u.day and l.notification_id = u.id
           and l.recipient = u.recipient and l.channel = u.channel
           and l.address_hash = hashtextextended(u.address, 0) and l.token = u.token
           and l.state = 'sending'
          join tidings.addresses b
            on b.recipient = u.recipient and b.channel = u.channel and b.address = u.address
           and b.active and b.registered_at <= l.updated_at
          where u.item = any(p_gone) and l.day between v_first and v_last
          for update of b skip locked) g
    where a.recipient = g.recipient and a.channel = g.channel and a.address = g.address;
  end if;

  -- Few are: a statement of their own costs the others nothing.
  if cardinality(p_uncertain) > 0 then
    update tidings.log l
    set uncertain = true
    from unnest(p_day, p_token, p_id, p_recipient, p_channel, p_address)
         with ordinality u (day, token, id, recipient, channel, address, item)
    where u.item = any(p_uncertain) and l.day = date '1970-01-01' + u.day
      and l.notification_id = u.id and l.recipient = u.recipient and l.channel = u.channel
      and l.address_hash = hashtextextended(u.address, 0)
      and l.token = u.token and l.state = 'sending' and l.day between v_first and v_last;
  end if;

  update tidings.log l
  set state = u.state, attempt = u.attempt, reason = u.reason, provider = u.provider,
      provider_message_id = u.message_id, error = u.error, takeovers = 0, updated_at = v_now,
      next_attempt_at = v_now + u.next * interval '1 ms',
      events = tidings.earlier(l.events, l.created_at, l.updated_at, l.state, l.attempt, l.reason,
                               l.provider, l.error)
  from unnest(p_day, p_token, p_id, p_recipient, p_channel, p_address, p_state, p_attempt, p_next,
              p_reason, p_provider, p_message_id, p_error)
       u (day, token, id, recipient, channel, address, state, attempt, next, reason, provider,
          message_id, error)
  where l.day = date '1970-01-01' + u.day and l.notification_id = u.id
    and l.recipient = u.recipient and l.channel = u.channel
    and l.address_hash = hashtextextended(u.address, 0)
    and l.token = u.token and l.state = 'sending' and l.day between v_first and v_last;
  get diagnostics v_count = row_count;

  if cardinality(p_refund_item) > 0 then
    perform tidings.refund(l.notification_id, l.recipient, l.channel, f.cap)
    from unnest(p_day, p_token, p_id, p_recipient, p_channel, p_address)
         with ordinality u (day, token, id, recipient, channel, address, item)
    join unnest(p_refund_item, p_refund_cap) f (item, cap) on f.item = u.item
    join tidings.log l
      on l.day = date '1970-01-01' + u.day and l.notification_id = u.id
     and l.recipient = u.recipient and l.channel = u.channel
     and l.address_hash = hashtextextended(u.address, 0) and l.token = u.token
     and l.updated_at = v_now
    where l.day between v_first and v_last;
  end if;

  if v_count < cardinality(p_day) then
    return query
    select u.item::int
    from unnest(p_day, p_token, p_id, p_recipient, p_channel, p_address)
         with ordinality u (day, token, id, recipient, channel, address, item)
    join tidings.log l
      on l.day = date '1970-01-01' + u.day and l.notification_id = u.id
     and l.recipient = u.recipient and l.channel = u.channel
     and l.address_hash = hashtextextended(u.address, 0) and l.token <> u.token
    where l.day between v_first and v_last
    order by u.item;
  end if;
end $$;

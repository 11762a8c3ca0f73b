-- What the command line does to one recipient, each in one statement.

-- NULL leaves a column as it is, '' empties it.
create function tidings.set_user(
  p_recipient text, p_locale text, p_time_zone text, p_muted boolean,
  p_add_channel text[], p_add_address text[], p_remove_channel text[], p_remove_address text[],
  p_scope text[], p_scope_channel text[], p_enabled boolean[],
  p_subscribe text[], p_unsubscribe text[])
returns void language plpgsql as $$
begin
  insert into tidings.recipients as r (id, locale, time_zone, muted)
  values (p_recipient, nullif(p_locale, ''), nullif(p_time_zone, ''), coalesce(p_muted, false))
  on conflict (id) do update
  set locale = case when p_locale is null then r.locale else nullif(p_locale, '') end,
      time_zone = case when p_time_zone is null then r.time_zone else nullif(p_time_zone, '') end,
      muted = coalesce(p_muted, r.muted);
  insert into tidings.addresses (recipient, channel, address)
  select distinct p_recipient, u.channel, u.address
  from unnest(p_add_channel, p_add_address) u (channel, address)
  on conflict (recipient, channel, address) do update set active = true;
  delete from tidings.addresses a
  using unnest(p_remove_channel, p_remove_address) u (channel, address)
  where a.recipient = p_recipient and a.channel = u.channel and a.address = u.address;
  insert into tidings.preferences (recipient, scope, channel, enabled)
  select distinct on (u.scope, u.channel) p_recipient, u.scope, u.channel, u.enabled
  from unnest(p_scope, p_scope_channel, p_enabled) with ordinality u (scope, channel, enabled, place)
  order by u.scope, u.channel, u.place desc
  on conflict (recipient, scope, channel) do update set enabled = excluded.enabled;
  insert into tidings.subscriptions (topic, recipient)
  select distinct u, p_recipient from unnest(p_subscribe) u on conflict do nothing;
  delete from tidings.subscriptions s where s.recipient = p_recipient and s.topic = any(p_unsubscribe);
end $$;

create function tidings.forget_user(p_recipient text, out addresses bigint, out preferences bigint,
                                    out subscriptions bigint, out deliveries bigint)
language plpgsql as $$
begin
  -- No claim for this recipient is under way while everything goes.
  perform pg_advisory_xact_lock(hashtextextended(p_recipient, 0));
  delete from tidings.recipients r where r.id = p_recipient;
  delete from tidings.addresses a where a.recipient = p_recipient;
  get diagnostics addresses = row_count;
  delete from tidings.preferences p where p.recipient = p_recipient;
  get diagnostics preferences = row_count;
  delete from tidings.subscriptions s where s.recipient = p_recipient;
  get diagnostics subscriptions = row_count;
  delete from tidings.cap_windows w where w.recipient = p_recipient;
  delete from tidings.log l where l.recipient = p_recipient;
  get diagnostics deliveries = row_count;
end $$;

-- Which deliveries of a job were begun and may still owe something: an end, a retry, a dead letter.
-- For messages that were delivered before, because the recipient's profile may not list those
-- addresses any more. Answers for any number of jobs, given as parallel arrays.
create function tidings.begun(p_retention_days int, p_id text[], p_recipient text[])
returns table (o_item int, o_channel text, o_address text)
language plpgsql stable
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_material = off
set plan_cache_mode = force_generic_plan
as $$
declare
  v_day date := tidings.today();
  v_since date := tidings.week_of(v_day - p_retention_days);
begin
  return query
  select u.item::int, l.channel, l.address
  from unnest(p_id, p_recipient) with ordinality u (id, recipient, item)
  join tidings.log l on l.notification_id = u.id and l.recipient = u.recipient
  where l.day between v_since and v_day + 1
    and l.state in ('sending', 'retrying', 'deferred', 'dead')
  order by 1, 2, 3;
end $$;

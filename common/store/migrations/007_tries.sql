-- Messages that were delivered before, each while it is looked at again and until its claim is
-- committed: from there on the log counts the deaths. A row whose owner is dead tells that a worker
-- died in between. The hash is of the message's bytes, because nothing in them has been read yet.

create table tidings.tries (
  hash   bigint primary key,
  deaths int not null,          -- of owners; the one of the very first delivery is not among them
  owner  int not null,          -- instance
  at     timestamptz not null
);

-- Verdicts: 0 go on, 1 alone (an owner died: come back with p_alone), 2 busy (the owner lives),
-- 3 poison (owners died twice). Run again with the same arguments it gives the same answers, because
-- what it changed is the caller's by then.
create function tidings.begin_tries(p_instance int, p_grace_ms bigint, p_hash bigint[],
                                    p_alone boolean[])
returns table (o_item int, o_verdict int)
language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
as $$
declare
  c_go constant int := 0;  c_alone constant int := 1;  c_busy constant int := 2;
  c_poison constant int := 3;
  c_most_deaths constant int := 2;
  v_alive int[] := '{}';
begin
  insert into tidings.tries (hash, deaths, owner, at)
  select distinct u, 0, p_instance, clock_timestamp() from unnest(p_hash) u order by 1
  on conflict (hash) do nothing;

  -- In order, so that two workers don't wait for each other.
  perform from tidings.tries t where t.hash = any(p_hash) and t.owner <> p_instance
  order by t.hash for update;
  if found then
    v_alive := tidings.live_instances();
    -- While the server has just started, owners are reconnecting: none counts as dead.
    if clock_timestamp() - pg_postmaster_start_time() >= p_grace_ms * interval '1 ms' then
      update tidings.tries t
      set deaths = t.deaths + 1, owner = p_instance, at = clock_timestamp()
      from (select v.hash, bool_or(v.alone) as alone
            from unnest(p_hash, p_alone) v (hash, alone) group by 1) u
      where t.hash = u.hash and t.owner <> p_instance and t.owner <> all(v_alive)
        and (u.alone or t.deaths + 1 >= c_most_deaths);
    else
      v_alive := v_alive || array(select t.owner from tidings.tries t where t.hash = any(p_hash));
    end if;
  end if;

  return query
  select u.item::int,
         case when t.hash is null then c_go  -- ended in this moment
              when t.owner = p_instance and t.deaths >= c_most_deaths then c_poison
              when t.owner = p_instance and (u.alone or t.deaths = 0) then c_go
              when t.owner <> p_instance and t.owner = any(v_alive) then c_busy
              else c_alone end
  from unnest(p_hash, p_alone) with ordinality u (hash, alone, item)
  left join tidings.tries t on t.hash = u.hash
  order by 1;
end $$;

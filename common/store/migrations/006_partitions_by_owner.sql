-- Partitions are made and dropped with the rights of the schema's owner, so that a worker's own role
-- needs neither; and by nobody else whom the owner lets into the schema, such as an app.
alter function tidings.maintain_partitions(int, int) security definer;
alter function tidings.maintain_partitions(int, int) set search_path = pg_catalog, pg_temp;
revoke execute on function tidings.maintain_partitions(int, int) from public;

-- A claim makes the week's when maintenance has failed.
alter function tidings.create_partition(date) security definer;
alter function tidings.create_partition(date) set search_path = pg_catalog, pg_temp;
revoke execute on function tidings.create_partition(date) from public;

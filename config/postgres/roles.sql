-- Two roles for Tidings: one that owns the schema and migrates it, one with which workers do their work and nothing else.
-- Run once, by a superuser, in the database of Tidings and before the first `tidings setup`:
--
--   export TIDINGS_OWNER_PASSWORD=… TIDINGS_WORKER_PASSWORD=…
--   psql -v ON_ERROR_STOP=1 -d tidings -f config/postgres/roles.sql       -v owner=NAME -v worker=NAME for other names
--
-- Then `tidings setup` with the owner's address in TIDINGS_PG_URL, everything else with the worker's.
\getenv owner_password TIDINGS_OWNER_PASSWORD
\getenv worker_password TIDINGS_WORKER_PASSWORD
\if :{?owner}
\else
  \set owner tidings_owner
\endif
\if :{?worker}
\else
  \set worker tidings_worker
\endif

begin;
create role :"owner" login password :'owner_password';
create role :"worker" login password :'worker_password';
revoke all on database :"DBNAME" from public;
grant connect, create, temporary on database :"DBNAME" to :"owner"; -- temporary: for what a migration needs while it runs
grant connect on database :"DBNAME" to :"worker";
create schema tidings authorization :"owner";
grant usage on schema tidings to :"worker";
-- For all that migrations make, now and later. Partitions are made and dropped by a function that runs as the owner.
alter default privileges for role :"owner" in schema tidings grant select, insert, update, delete on tables to :"worker";
alter default privileges for role :"owner" in schema tidings grant execute on functions to :"worker";
commit;

CREATE ROLE lictor LOGIN CREATEDB PASSWORD ':password';
GRANT pg_monitor, pg_signal_backend, pg_checkpoint TO lictor;

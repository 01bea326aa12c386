-- Duties as bench/services.py orders them: by the clock, which is told to look.

-- name: idle
SELECT coalesce(bool_or(dispatch > 0 AND succeeded_dispatch = dispatch), false) FROM utility.duty WHERE name = :name;

-- name: make_due
UPDATE utility.duty SET next_due = clock_timestamp() WHERE name = :name RETURNING dispatch;

-- name: done
SELECT succeeded_dispatch > :dispatch FROM utility.duty WHERE name = :name;

-- name: duration
SELECT extract(epoch FROM last_duration)::float8 FROM utility.duty WHERE name = :name;

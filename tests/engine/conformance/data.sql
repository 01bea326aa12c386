-- The rows that every case starts from. Also undoes what a case did.
TRUNCATE artist, artist_contact, album, track, genre, playlist, playlist_track, employee, customer, invoice,
    invoice_line, shop.review, specimen, tbl_venue, seat, booking RESTART IDENTITY;

INSERT INTO artist (id, name, country, founded, active, info) VALUES
    (1, 'Aurora Quartet', 'NO', 1998, true, '{"labels": ["ECM", "Hubro"], "members": 4, "home": {"city": "Oslo"}}'),
    (2, 'Blue Static', 'US', 2005, true, '{"labels": ["Indie"], "members": 3}'),
    (3, 'Cem Yildiz', 'TR', NULL, true, NULL),
    (4, 'Delta_Five 100%', 'GB', 1979, false, '["x", "y", {"z": 1}]'),
    (5, 'émile', 'FR', 1960, false, '{}');
INSERT INTO artist_contact VALUES (1, 'booking@aurora.example'), (2, 'hi@bluestatic.example');
INSERT INTO album (id, title, artist_id, released, price, tags, rating) VALUES
    (1, 'Northern Rain', 1, '2001-03-15', 12.50, '{calm,strings}', 4.5),
    (2, 'Fjord', 1, '2010-11-02', 15.00, '{calm}', 3.75),
    (3, 'Static Heart', 2, '2007-06-30', 9.99, '{loud,guitar}', 4.5),
    (4, 'Noise Floor', 2, NULL, 7.25, '{}', 4),
    (5, 'Anatolia', 3, '2015-01-20', 11.00, NULL, 5),
    (6, 'Untitled', NULL, '1999-12-31', NULL, '{loud}', NULL);
INSERT INTO genre (id, name) VALUES (1, 'Jazz'), (2, 'Rock'), (3, 'Folk'), (4, 'Silence');
INSERT INTO track (id, album_id, genre_id, media_type, name, milliseconds, bytes, unit_price, explicit) VALUES
    (1, 1, 1, 'CD', 'Drizzle', 180000, 9007199254740993, 0.99, false),
    (2, 1, 1, 'CD', 'Thaw', 240000, 4000000, 0.99, false),
    (3, 2, 3, 'LP', 'Deep Water', 300000, 5000000, 1.29, false),
    (4, 3, 2, 'MP3', 'Heartbeat', 200000, 3000000, 0.99, true),
    (5, 3, 2, 'MP3', 'Static', 150000, NULL, 0.99, false),
    (6, 4, 2, 'MP3', 'Noise', 60000, 1000000, 0.50, true),
    (7, 5, 3, 'LP', 'Bosphorus', 420000, 7000000, 1.29, false),
    (8, 6, NULL, 'CD', 'Drizzle', 120000, 2000000, 0.99, false);
INSERT INTO playlist (id, name) VALUES (1, 'Morning'), (2, 'Evening'), (3, 'Empty');
INSERT INTO playlist_track VALUES (1, 1, 1), (1, 3, 2), (1, 7, 3), (2, 4, 1), (2, 1, 2);
INSERT INTO employee VALUES
    (1, 'Ada', 'General Manager', NULL, '2000-01-01', 9000),
    (2, 'Ben', 'Sales Manager', 1, '2005-05-05', 6000),
    (3, 'Cleo', 'Support', 2, '2010-10-10', 4000),
    (4, 'Dov', 'Support', 2, '2012-12-12', 4200);
INSERT INTO customer (id, name, email, support_rep_id, city, vip) VALUES
    (1, 'Kim', 'kim@example.org', 3, 'Oslo', true),
    (2, 'Lea', 'lea@example.org', 3, 'Paris', false),
    (3, 'Mo', 'mo@example.org', 4, 'Oslo', false),
    (4, 'Nil', NULL, NULL, NULL, false);
INSERT INTO invoice (id, customer_id, issued, total, discount, paid) VALUES
    (1, 1, '2024-01-10 10:00:00+00', 2.28, 0.28, true),
    (2, 1, '2024-02-11 11:30:15.5+00', 0.99, 0.99, false),
    (3, 2, '2024-02-20 23:00:00-02', 1.49, 2.00, true),
    (4, 3, '2024-03-01 00:00:00+00', 0.00, 0.00, false);
INSERT INTO invoice_line (id, invoice_id, track_id, quantity, unit_price) VALUES
    (1, 1, 1, 1, 0.99), (2, 1, 3, 1, 1.29), (3, 2, 1, 1, 0.99), (4, 3, 4, 1, 0.99), (5, 3, 6, 1, 0.50);
INSERT INTO shop.review (id, album_id, customer_id, stars, body) VALUES
    (1, 1, 1, 5, 'lovely'), (2, 1, 2, 3, NULL), (3, 3, 1, 4, 'loud'), (4, 5, 3, 1, 'no');
INSERT INTO specimen VALUES
    ('00000000-0000-0000-0000-000000000001', 1, 10, 9007199254740993, 1.5, 0.5, 2.25, true, 'alpha', 'Alpha', 'MiXed',
     '{"a": 1}', '{"a": 1, "b": {"c": [1, 2, 3]}, "tag": "x"}', '{1,2,3}', '{a,b}', '2024-01-31', '08:30:00',
     '08:30:00+02', '2024-01-31 08:30:00', '2024-01-31 08:30:00+00', '1 day 02:00:00', 'top.science.physics', 'calm'),
    ('00000000-0000-0000-0000-000000000002', -1, -10, 0, 100.25, -2.5, -0.5, false, 'beta%', 'b_ta', 'other',
     '[1, 2]', '[1, "two", null]', '{}', '{}', '2023-12-31', '23:59:59.5',
     '23:59:59+00', '2023-12-31 23:59:59.25', '2023-12-31 23:59:59.25+00', '00:00:01.5', 'top.art', 'wild'),
    ('00000000-0000-0000-0000-000000000003', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO tbl_venue VALUES (1, 'Hall', 500, '1990-05-01'), (2, 'Cellar', 80, NULL);
INSERT INTO seat VALUES (1, 'A1', true), (1, 'A2', false), (2, 'A1', true);
INSERT INTO booking (id, venue_id, seat_code, customer_id) VALUES (1, 1, 'A1', 1), (2, 2, 'A1', 2);

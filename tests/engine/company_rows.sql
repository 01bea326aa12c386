TRUNCATE team, person, badge, task, tag, task_tag, grid, cell, booking, ledger, thread, message RESTART IDENTITY CASCADE;
INSERT INTO team (name, budget) VALUES ('red', 100), ('blue', 5);
INSERT INTO person (team_id, boss_id, name, email, age, created_by) VALUES
    (1, NULL, 'Ada', 'ada@x', 40, '1'), (1, 1, 'Bob', 'bob@x', 17, '1'), (2, NULL, 'Cyd', NULL, NULL, '3');
INSERT INTO badge (person_id, code) VALUES (1, 'A');
INSERT INTO task (owner_id, title, points, doc) VALUES
    (1, 'plan', 3, '{"a": 1, "list": [1, 2, 3], "deep": {"x": {"y": 1}}}'), (1, 'rest', NULL, NULL), (2, 'read', 1, '[1]');
INSERT INTO tag VALUES ('hot', 'red'), ('cold', 'blue');
INSERT INTO task_tag VALUES (1, 'hot', 0.5);
INSERT INTO grid VALUES (1, 'x', 'first');
INSERT INTO cell VALUES (1, 'x', 1);
INSERT INTO booking (during) VALUES ('[1,3)');
INSERT INTO ledger VALUES (1, '1', 10), (101, '2', 20);

-- A log as version 1 wrote it: no channel, and nothing about the entry that had been seen. Runs on both databases.
CREATE TABLE decision_log_version (version INTEGER PRIMARY KEY);
INSERT INTO decision_log_version VALUES (1);

CREATE TABLE decision (
    decision_id        INTEGER PRIMARY KEY,
    worklist           TEXT NOT NULL,
    person_id          TEXT NOT NULL,
    item_key           TEXT NOT NULL,
    decision           TEXT NOT NULL,
    reason             TEXT,
    note               TEXT,
    snooze_until       DATE,
    decided_by         TEXT NOT NULL,
    decided_at         TIMESTAMP NOT NULL,
    seen_run_id        TEXT NOT NULL,
    seen_at            TIMESTAMP NOT NULL,
    seen_evidence_hash TEXT NOT NULL,
    seen_priority      INTEGER NOT NULL
);
INSERT INTO decision VALUES
(1, 'low_b12_untreated', 'P-1', 'low:P-1:r1', 'comment', NULL, 'rang; no answer', NULL, 'Ann Lee',
    '2026-01-05 09:00:00', 'run-1', '2026-01-05 02:00:00', '0123456789abcdef', 2),
(2, 'metformin_unmonitored', 'P-2', 'met:P-2:m1', 'snooze', NULL, NULL, '2026-06-01', 'Bo Ray',
    '2026-01-05 09:10:00', 'run-1', '2026-01-05 02:00:00', '123456789abcdef0', 3),
-- Two people at once, both from what run-2 showed: version 1 took both.
(4, 'low_b12_untreated', 'P-1', 'low:P-1:r1', 'done', NULL, NULL, NULL, 'Ann Lee',
    '2026-01-06 11:00:00', 'run-2', '2026-01-06 02:00:00', '0123456789abcdef', 2),
(7, 'low_b12_untreated', 'P-1', 'low:P-1:r1', 'not_applicable', 'declined', 'says no — "never"', NULL, 'Bo Ray',
    '2026-01-06 11:00:01', 'run-2', '2026-01-06 02:00:00', '0123456789abcdef', 2);

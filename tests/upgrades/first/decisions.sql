BEGIN TRANSACTION;
CREATE TABLE decision (
	decision_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	worklist TEXT NOT NULL, 
	person_id TEXT NOT NULL, 
	item_key TEXT NOT NULL, 
	decision TEXT NOT NULL, 
	reason TEXT, 
	note TEXT, 
	snooze_until DATE, 
	decided_by TEXT NOT NULL, 
	decided_at DATETIME NOT NULL, 
	channel TEXT NOT NULL, 
	seen_run_id TEXT NOT NULL, 
	seen_at DATETIME NOT NULL, 
	seen_evidence_hash TEXT NOT NULL, 
	seen_priority INTEGER NOT NULL, 
	seen_decision_id BIGINT
);
INSERT INTO "decision" VALUES(1,'low_b12_untreated','p07','105ed346a08b668e','comment',NULL,'rang; no answer',NULL,'Ann Lee','2024-03-04 10:00:00.000000','sheet','20261122T234418-953977cd','2024-03-04 02:00:00.000000','4550d771e941b844',2,NULL);
INSERT INTO "decision" VALUES(2,'low_b12_untreated','p08','35a13c7cf8b903eb','ordered',NULL,NULL,NULL,'Ann Lee','2024-03-04 10:00:00.000000','review','20261122T234418-953977cd','2024-03-04 02:00:00.000000','cb8334ed0cb7972e',2,NULL);
INSERT INTO "decision" VALUES(3,'low_b12_untreated','p06','5c01d85446501983','not_applicable','declined','says no — "never"',NULL,'Ann Lee','2024-03-04 10:00:00.000000','review','20261122T234418-953977cd','2024-03-04 02:00:00.000000','d8958d519c1a0bda',2,NULL);
INSERT INTO "decision" VALUES(4,'low_b12_untreated','p05','ca5f9faad9cf194b','snooze',NULL,NULL,'2024-06-01','Ann Lee','2024-03-04 10:00:00.000000','review','20261122T234418-953977cd','2024-03-04 02:00:00.000000','933f7435b41e4f6d',2,NULL);
INSERT INTO "decision" VALUES(5,'low_b12_untreated','p07','105ed346a08b668e','done',NULL,NULL,NULL,'Ann Lee','2024-03-04 11:00:00.000000','sheet','20261122T234418-953977cd','2024-03-04 02:00:00.000000','4550d771e941b844',2,1);
CREATE TABLE decision_log_version (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "decision_log_version" VALUES(2);
CREATE UNIQUE INDEX decision_followed_once ON decision (item_key, coalesce(seen_decision_id, 0));
CREATE INDEX decision_of_person ON decision (person_id);
CREATE TRIGGER decision_never_changed BEFORE UPDATE ON decision
           BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;
CREATE TRIGGER decision_never_removed BEFORE DELETE ON decision
           BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;
CREATE TRIGGER decision_never_replaced BEFORE INSERT ON decision
           WHEN EXISTS (
               SELECT 1 FROM decision AS kept
               WHERE kept.decision_id = NEW.decision_id
                  OR kept.item_key = NEW.item_key
                 AND coalesce(kept.seen_decision_id, 0) = coalesce(NEW.seen_decision_id, 0)
           )
           BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('decision',5);
COMMIT;

"""The tables of the first release. Written by `make migration-initial` from the models."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# The triggers that hold the public log append-only, its empty head, the full-text search, the block of officials
# who must not recommend food, who may judge an objection, and who may not check an application.
GUARDS = {'postgresql': ['\n'
                '    CREATE FUNCTION sunlit_log_deny() RETURNS trigger LANGUAGE plpgsql AS $$\n'
                '    BEGIN\n'
                "      RAISE EXCEPTION USING ERRCODE = 'restrict_violation',\n"
                "        MESSAGE = 'append-only: no ' || lower(tg_op) || ' on ' || tg_table_name;\n"
                '    END $$\n'
                '    ',
                '\n'
                '    CREATE FUNCTION sunlit_log_entry_next() RETURNS trigger LANGUAGE plpgsql AS $$\n'
                '    DECLARE next_idx bigint;\n'
                '    BEGIN\n'
                '      SELECT size INTO next_idx FROM log_head WHERE id = 1 FOR UPDATE;\n'
                '      IF next_idx IS NULL OR new.idx <> next_idx\n'
                '         OR (next_idx > 0 AND NOT EXISTS (SELECT 1 FROM log_entry WHERE idx = next_idx - '
                '1)) THEN\n'
                "        RAISE EXCEPTION USING ERRCODE = 'restrict_violation',\n"
                "          MESSAGE = 'append-only: index ' || new.idx || ' is not the next one';\n"
                '      END IF;\n'
                '      RETURN new;\n'
                '    END $$\n'
                '    ',
                '\n'
                '    CREATE FUNCTION sunlit_log_head_step() RETURNS trigger LANGUAGE plpgsql AS $$\n'
                '    BEGIN\n'
                "      IF tg_op = 'INSERT' THEN\n"
                '        IF new.size <> 0 OR EXISTS (SELECT 1 FROM log_head) OR EXISTS (SELECT 1 FROM '
                'log_entry) THEN\n'
                "          RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'append-only: "
                "there is a head';\n"
                '        END IF;\n'
                '      ELSIF new.id <> old.id OR new.size <> old.size + 1\n'
                '         OR NOT EXISTS (SELECT 1 FROM log_entry WHERE idx = old.size) THEN\n'
                "        RAISE EXCEPTION USING ERRCODE = 'restrict_violation',\n"
                "          MESSAGE = 'append-only: the head grows by one, behind an entry';\n"
                '      END IF;\n'
                '      RETURN new;\n'
                '    END $$\n'
                '    ',
                '\n'
                '    CREATE FUNCTION sunlit_log_checkpoint_step() RETURNS trigger LANGUAGE plpgsql AS $$\n'
                '    BEGIN\n'
                '      IF new.size <= coalesce((SELECT max(size) FROM log_checkpoint), -1)\n'
                '         OR new.size > (SELECT size FROM log_head WHERE id = 1) THEN\n'
                "        RAISE EXCEPTION USING ERRCODE = 'restrict_violation',\n"
                "          MESSAGE = 'append-only: a checkpoint is of a larger size than the last, and not "
                "of more than there is';\n"
                '      END IF;\n'
                '      RETURN new;\n'
                '    END $$\n'
                '    ',
                '\n'
                '    CREATE FUNCTION sunlit_log_disclosure_step() RETURNS trigger LANGUAGE plpgsql AS $$\n'
                '    BEGIN\n'
                "      IF tg_op = 'INSERT' THEN\n"
                '        IF EXISTS (SELECT 1 FROM log_erased WHERE digest = new.digest) THEN\n'
                "          RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'append-only: "
                "this disclosure was erased';\n"
                '        END IF;\n'
                '        RETURN new;\n'
                '      END IF;\n'
                '      IF NOT EXISTS (SELECT 1 FROM log_erased WHERE digest = old.digest AND idx = old.idx) '
                'THEN\n'
                "        RAISE EXCEPTION USING ERRCODE = 'restrict_violation',\n"
                "          MESSAGE = 'append-only: a disclosure goes only once it is noted as erased';\n"
                '      END IF;\n'
                '      RETURN old;\n'
                '    END $$\n'
                '    ',
                'CREATE TRIGGER log_entry_frozen BEFORE UPDATE OR DELETE ON log_entry FOR EACH ROW EXECUTE '
                'FUNCTION sunlit_log_deny()',
                'ALTER TABLE log_entry ENABLE ALWAYS TRIGGER log_entry_frozen',
                'CREATE TRIGGER log_tile_hash_frozen BEFORE UPDATE OR DELETE ON log_tile_hash FOR EACH ROW '
                'EXECUTE FUNCTION sunlit_log_deny()',
                'ALTER TABLE log_tile_hash ENABLE ALWAYS TRIGGER log_tile_hash_frozen',
                'CREATE TRIGGER log_checkpoint_frozen BEFORE UPDATE OR DELETE ON log_checkpoint FOR EACH ROW '
                'EXECUTE FUNCTION sunlit_log_deny()',
                'ALTER TABLE log_checkpoint ENABLE ALWAYS TRIGGER log_checkpoint_frozen',
                'CREATE TRIGGER log_cosignature_frozen BEFORE UPDATE OR DELETE ON log_cosignature FOR EACH '
                'ROW EXECUTE FUNCTION sunlit_log_deny()',
                'ALTER TABLE log_cosignature ENABLE ALWAYS TRIGGER log_cosignature_frozen',
                'CREATE TRIGGER log_erased_frozen BEFORE UPDATE OR DELETE ON log_erased FOR EACH ROW EXECUTE '
                'FUNCTION sunlit_log_deny()',
                'ALTER TABLE log_erased ENABLE ALWAYS TRIGGER log_erased_frozen',
                'CREATE TRIGGER log_entry_kept BEFORE TRUNCATE ON log_entry FOR EACH STATEMENT EXECUTE '
                'FUNCTION sunlit_log_deny()',
                'ALTER TABLE log_entry ENABLE ALWAYS TRIGGER log_entry_kept',
                'CREATE TRIGGER log_tile_hash_kept BEFORE TRUNCATE ON log_tile_hash FOR EACH STATEMENT '
                'EXECUTE FUNCTION sunlit_log_deny()',
                'ALTER TABLE log_tile_hash ENABLE ALWAYS TRIGGER log_tile_hash_kept',
                'CREATE TRIGGER log_checkpoint_kept BEFORE TRUNCATE ON log_checkpoint FOR EACH STATEMENT '
                'EXECUTE FUNCTION sunlit_log_deny()',
                'ALTER TABLE log_checkpoint ENABLE ALWAYS TRIGGER log_checkpoint_kept',
                'CREATE TRIGGER log_cosignature_kept BEFORE TRUNCATE ON log_cosignature FOR EACH STATEMENT '
                'EXECUTE FUNCTION sunlit_log_deny()',
                'ALTER TABLE log_cosignature ENABLE ALWAYS TRIGGER log_cosignature_kept',
                'CREATE TRIGGER log_erased_kept BEFORE TRUNCATE ON log_erased FOR EACH STATEMENT EXECUTE '
                'FUNCTION sunlit_log_deny()',
                'ALTER TABLE log_erased ENABLE ALWAYS TRIGGER log_erased_kept',
                'CREATE TRIGGER log_head_kept BEFORE TRUNCATE ON log_head FOR EACH STATEMENT EXECUTE '
                'FUNCTION sunlit_log_deny()',
                'ALTER TABLE log_head ENABLE ALWAYS TRIGGER log_head_kept',
                'CREATE TRIGGER log_disclosure_kept BEFORE TRUNCATE ON log_disclosure FOR EACH STATEMENT '
                'EXECUTE FUNCTION sunlit_log_deny()',
                'ALTER TABLE log_disclosure ENABLE ALWAYS TRIGGER log_disclosure_kept',
                'CREATE TRIGGER log_entry_next BEFORE INSERT ON log_entry FOR EACH ROW EXECUTE FUNCTION '
                'sunlit_log_entry_next()',
                'ALTER TABLE log_entry ENABLE ALWAYS TRIGGER log_entry_next',
                'CREATE TRIGGER log_head_step BEFORE INSERT OR UPDATE ON log_head FOR EACH ROW EXECUTE '
                'FUNCTION sunlit_log_head_step()',
                'ALTER TABLE log_head ENABLE ALWAYS TRIGGER log_head_step',
                'CREATE TRIGGER log_head_stays BEFORE DELETE ON log_head FOR EACH ROW EXECUTE FUNCTION '
                'sunlit_log_deny()',
                'ALTER TABLE log_head ENABLE ALWAYS TRIGGER log_head_stays',
                'CREATE TRIGGER log_checkpoint_step BEFORE INSERT ON log_checkpoint FOR EACH ROW EXECUTE '
                'FUNCTION sunlit_log_checkpoint_step()',
                'ALTER TABLE log_checkpoint ENABLE ALWAYS TRIGGER log_checkpoint_step',
                'CREATE TRIGGER log_disclosure_same BEFORE UPDATE ON log_disclosure FOR EACH ROW EXECUTE '
                'FUNCTION sunlit_log_deny()',
                'ALTER TABLE log_disclosure ENABLE ALWAYS TRIGGER log_disclosure_same',
                'CREATE TRIGGER log_disclosure_step BEFORE INSERT OR DELETE ON log_disclosure FOR EACH ROW '
                'EXECUTE FUNCTION sunlit_log_disclosure_step()',
                'ALTER TABLE log_disclosure ENABLE ALWAYS TRIGGER log_disclosure_step',
                "INSERT INTO log_head (id, size, frontier) VALUES (1, 0, '')",
                'CREATE INDEX ix_search_document_words ON search_document\n'
                "        USING gin ((setweight(to_tsvector('simple', title), 'A') || to_tsvector('simple', "
                'body)))',
                '\n'
                '        CREATE FUNCTION sunlit_rules_food() RETURNS trigger LANGUAGE plpgsql AS $$\n'
                '        DECLARE rules jsonb := new.document::jsonb; employer text := rules #>> '
                "'{official,employer_kind}';\n"
                '        BEGIN\n'
                "          IF rules -> 'categories' ?| array['fresh', 'primary', 'processed']\n"
                "             AND (employer IN ('food_association', 'food_inspection', 'market_regulation')\n"
                "               OR (employer IN ('agriculture', 'commerce', 'health', 'other_department') "
                "AND rules #>> '{activity,food,given_on}' IS NULL)) THEN\n"
                "            RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'food may not be "
                "recommended by this employer';\n"
                '          END IF;\n'
                '          RETURN new;\n'
                '        END $$\n'
                '        ',
                'CREATE TRIGGER round_rules_food BEFORE INSERT OR UPDATE ON round_rules\n'
                '        FOR EACH ROW EXECUTE FUNCTION sunlit_rules_food()',
                'ALTER TABLE round_rules ENABLE ALWAYS TRIGGER round_rules_food',
                'CREATE FUNCTION sunlit_objection_judge() RETURNS trigger LANGUAGE plpgsql AS $$\n'
                '        BEGIN\n'
                "          IF new.kind IN ('admitted', 'inadmissible', 'upheld', 'partly_upheld', "
                "'dismissed') AND (\n"
                '        new.by_id IS NULL\n'
                '        OR EXISTS (SELECT 1 FROM objection_attacked a\n'
                '                   WHERE a.objection_id = new.objection_id AND a.user_id = new.by_id)\n'
                '        OR EXISTS (SELECT 1 FROM objection o WHERE o.id = new.objection_id AND '
                'o.filer_user_id = new.by_id)) THEN\n'
                "            RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'who is "
                "attacked, or has filed the objection, does not decide on it';\n"
                '          END IF;\n'
                '          RETURN new;\n'
                '        END $$',
                'CREATE TRIGGER objection_step_judge BEFORE INSERT ON objection_step\n'
                '        FOR EACH ROW EXECUTE FUNCTION sunlit_objection_judge()',
                'CREATE FUNCTION sunlit_finding_helper() RETURNS trigger LANGUAGE plpgsql AS $$\n'
                '            BEGIN\n'
                '              IF EXISTS (SELECT 1 FROM application_helper h WHERE h.application_id = '
                'new.application_id AND h.user_id = new.by_id) THEN\n'
                "                RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'who helps "
                "to write an application neither checks nor decides on it';\n"
                '              END IF;\n'
                '              RETURN new;\n'
                '            END $$',
                'CREATE TRIGGER finding_helper BEFORE INSERT ON finding\n'
                '            FOR EACH ROW EXECUTE FUNCTION sunlit_finding_helper()',
                'CREATE FUNCTION sunlit_verdict_helper() RETURNS trigger LANGUAGE plpgsql AS $$\n'
                '            BEGIN\n'
                '              IF EXISTS (SELECT 1 FROM application_helper h WHERE h.application_id = '
                'new.application_id AND h.user_id = new.given_by_id) THEN\n'
                "                RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'who helps "
                "to write an application neither checks nor decides on it';\n"
                '              END IF;\n'
                '              RETURN new;\n'
                '            END $$',
                'CREATE TRIGGER verdict_helper BEFORE INSERT ON verdict\n'
                '            FOR EACH ROW EXECUTE FUNCTION sunlit_verdict_helper()',
                'CREATE FUNCTION sunlit_supplement_request_helper() RETURNS trigger LANGUAGE plpgsql AS $$\n'
                '            BEGIN\n'
                '              IF EXISTS (SELECT 1 FROM application_helper h WHERE h.application_id = '
                'new.application_id AND h.user_id = new.asked_by_id) THEN\n'
                "                RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'who helps "
                "to write an application neither checks nor decides on it';\n"
                '              END IF;\n'
                '              RETURN new;\n'
                '            END $$',
                'CREATE TRIGGER supplement_request_helper BEFORE INSERT ON supplement_request\n'
                '            FOR EACH ROW EXECUTE FUNCTION sunlit_supplement_request_helper()',
                'CREATE FUNCTION sunlit_sheet_helper() RETURNS trigger LANGUAGE plpgsql AS $$\n'
                '            BEGIN\n'
                '              IF EXISTS (SELECT 1 FROM application_helper h WHERE h.application_id = '
                'new.application_id AND h.user_id = (SELECT m.user_id FROM committee_member m WHERE m.id = '
                'new.member_id)) THEN\n'
                "                RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'who helps "
                "to write an application neither checks nor decides on it';\n"
                '              END IF;\n'
                '              RETURN new;\n'
                '            END $$',
                'CREATE TRIGGER sheet_helper BEFORE INSERT ON sheet\n'
                '            FOR EACH ROW EXECUTE FUNCTION sunlit_sheet_helper()',
                'CREATE FUNCTION sunlit_decision_signature_helper() RETURNS trigger LANGUAGE plpgsql AS $$\n'
                '            BEGIN\n'
                '              IF EXISTS (SELECT 1 FROM application_helper h\n'
                '        JOIN application a ON a.id = h.application_id JOIN decision d ON d.round_id = '
                'a.round_id\n'
                '        WHERE d.id = new.decision_id AND h.user_id = new.user_id) THEN\n'
                "                RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'who helps "
                "to write an application neither checks nor decides on it';\n"
                '              END IF;\n'
                '              RETURN new;\n'
                '            END $$',
                'CREATE TRIGGER decision_signature_helper BEFORE INSERT ON decision_signature\n'
                '            FOR EACH ROW EXECUTE FUNCTION sunlit_decision_signature_helper()',
                'CREATE FUNCTION sunlit_application_helper_helper() RETURNS trigger LANGUAGE plpgsql AS $$\n'
                '            BEGIN\n'
                '              IF EXISTS (SELECT 1 FROM finding f\n'
                '          WHERE f.application_id = new.application_id AND f.by_id = new.user_id)\n'
                '        OR EXISTS (SELECT 1 FROM verdict v\n'
                '          WHERE v.application_id = new.application_id AND v.given_by_id = new.user_id)\n'
                '        OR EXISTS (SELECT 1 FROM supplement_request s\n'
                '          WHERE s.application_id = new.application_id AND s.asked_by_id = new.user_id) '
                'THEN\n'
                "                RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'who helps "
                "to write an application neither checks nor decides on it';\n"
                '              END IF;\n'
                '              RETURN new;\n'
                '            END $$',
                'CREATE TRIGGER application_helper_helper BEFORE INSERT ON application_helper\n'
                '            FOR EACH ROW EXECUTE FUNCTION sunlit_application_helper_helper()'],
 'sqlite': ['CREATE TRIGGER log_entry_updated BEFORE UPDATE ON log_entry  BEGIN SELECT RAISE(ABORT, '
            "'append-only: no update on log_entry'); END",
            'CREATE TRIGGER log_entry_deleted BEFORE DELETE ON log_entry  BEGIN SELECT RAISE(ABORT, '
            "'append-only: no delete on log_entry'); END",
            'CREATE TRIGGER log_tile_hash_updated BEFORE UPDATE ON log_tile_hash  BEGIN SELECT RAISE(ABORT, '
            "'append-only: no update on log_tile_hash'); END",
            'CREATE TRIGGER log_tile_hash_deleted BEFORE DELETE ON log_tile_hash  BEGIN SELECT RAISE(ABORT, '
            "'append-only: no delete on log_tile_hash'); END",
            'CREATE TRIGGER log_checkpoint_updated BEFORE UPDATE ON log_checkpoint  BEGIN SELECT '
            "RAISE(ABORT, 'append-only: no update on log_checkpoint'); END",
            'CREATE TRIGGER log_checkpoint_deleted BEFORE DELETE ON log_checkpoint  BEGIN SELECT '
            "RAISE(ABORT, 'append-only: no delete on log_checkpoint'); END",
            'CREATE TRIGGER log_cosignature_updated BEFORE UPDATE ON log_cosignature  BEGIN SELECT '
            "RAISE(ABORT, 'append-only: no update on log_cosignature'); END",
            'CREATE TRIGGER log_cosignature_deleted BEFORE DELETE ON log_cosignature  BEGIN SELECT '
            "RAISE(ABORT, 'append-only: no delete on log_cosignature'); END",
            'CREATE TRIGGER log_erased_updated BEFORE UPDATE ON log_erased  BEGIN SELECT RAISE(ABORT, '
            "'append-only: no update on log_erased'); END",
            'CREATE TRIGGER log_erased_deleted BEFORE DELETE ON log_erased  BEGIN SELECT RAISE(ABORT, '
            "'append-only: no delete on log_erased'); END",
            'CREATE TRIGGER log_entry_next BEFORE INSERT ON log_entry WHEN new.idx IS NOT (SELECT size FROM '
            'log_head WHERE id = 1) OR new.idx <> (SELECT coalesce(max(idx) + 1, 0) FROM log_entry) BEGIN '
            "SELECT RAISE(ABORT, 'append-only: the index is not the next one'); END",
            'CREATE TRIGGER log_head_start BEFORE INSERT ON log_head WHEN new.size <> 0 OR EXISTS (SELECT 1 '
            "FROM log_head) OR EXISTS (SELECT 1 FROM log_entry) BEGIN SELECT RAISE(ABORT, 'append-only: "
            "there is a head'); END",
            'CREATE TRIGGER log_head_step BEFORE UPDATE ON log_head WHEN new.id <> old.id OR new.size <> '
            'old.size + 1 OR NOT EXISTS (SELECT 1 FROM log_entry WHERE idx = old.size) BEGIN SELECT '
            "RAISE(ABORT, 'append-only: the head grows by one, behind an entry'); END",
            'CREATE TRIGGER log_head_stays BEFORE DELETE ON log_head  BEGIN SELECT RAISE(ABORT, '
            "'append-only: no delete on log_head'); END",
            'CREATE TRIGGER log_tile_hash_new BEFORE INSERT ON log_tile_hash WHEN EXISTS (SELECT 1 FROM '
            "log_tile_hash WHERE level = new.level AND n = new.n) BEGIN SELECT RAISE(ABORT, 'append-only: "
            "this tile hash is there'); END",
            'CREATE TRIGGER log_checkpoint_step BEFORE INSERT ON log_checkpoint WHEN new.size <= (SELECT '
            'coalesce(max(size), -1) FROM log_checkpoint) OR new.size > (SELECT size FROM log_head WHERE id '
            "= 1) BEGIN SELECT RAISE(ABORT, 'append-only: a checkpoint is of a larger size than the last, "
            "and not of more than there is'); END",
            'CREATE TRIGGER log_disclosure_same BEFORE UPDATE ON log_disclosure  BEGIN SELECT RAISE(ABORT, '
            "'append-only: no update on log_disclosure'); END",
            'CREATE TRIGGER log_disclosure_new BEFORE INSERT ON log_disclosure WHEN EXISTS (SELECT 1 FROM '
            'log_disclosure WHERE digest = new.digest) OR EXISTS (SELECT 1 FROM log_erased WHERE digest = '
            "new.digest) BEGIN SELECT RAISE(ABORT, 'append-only: this disclosure is there or was erased'); "
            'END',
            'CREATE TRIGGER log_disclosure_gone BEFORE DELETE ON log_disclosure WHEN NOT EXISTS (SELECT 1 '
            'FROM log_erased WHERE digest = old.digest AND idx = old.idx) BEGIN SELECT RAISE(ABORT, '
            "'append-only: a disclosure goes only once it is noted as erased'); END",
            'CREATE TRIGGER log_erased_new BEFORE INSERT ON log_erased WHEN EXISTS (SELECT 1 FROM log_erased '
            "WHERE digest = new.digest) BEGIN SELECT RAISE(ABORT, 'append-only: this is noted as erased'); "
            'END',
            "INSERT INTO log_head (id, size, frontier) VALUES (1, 0, X'')",
            "CREATE VIRTUAL TABLE search_words USING fts5(title, body, content='search_document', "
            "content_rowid='id')",
            'CREATE TRIGGER search_document_added AFTER INSERT ON search_document BEGIN\n'
            '        INSERT INTO search_words (rowid, title, body) VALUES (new.id, new.title, new.body); END',
            'CREATE TRIGGER search_document_gone AFTER DELETE ON search_document BEGIN\n'
            '        INSERT INTO search_words (search_words, rowid, title, body)\n'
            "        VALUES ('delete', old.id, old.title, old.body); END",
            'CREATE TRIGGER search_document_changed AFTER UPDATE ON search_document BEGIN\n'
            '        INSERT INTO search_words (search_words, rowid, title, body)\n'
            "        VALUES ('delete', old.id, old.title, old.body);\n"
            '        INSERT INTO search_words (rowid, title, body) VALUES (new.id, new.title, new.body); END',
            'CREATE TRIGGER round_rules_food_insert BEFORE INSERT ON round_rules\n'
            "        WHEN EXISTS (SELECT 1 FROM json_each(new.document, '$.categories') WHERE value IN "
            "('fresh', 'primary', 'processed'))\n"
            "        AND (json_extract(new.document, '$.official.employer_kind') IN ('food_association', "
            "'food_inspection', 'market_regulation')\n"
            "          OR (json_extract(new.document, '$.official.employer_kind') IN ('agriculture', "
            "'commerce', 'health', 'other_department')\n"
            "            AND json_extract(new.document, '$.activity.food.given_on') IS NULL)) BEGIN SELECT "
            "RAISE(ABORT, 'food may not be recommended by this employer'); END",
            'CREATE TRIGGER round_rules_food_update BEFORE UPDATE ON round_rules\n'
            "        WHEN EXISTS (SELECT 1 FROM json_each(new.document, '$.categories') WHERE value IN "
            "('fresh', 'primary', 'processed'))\n"
            "        AND (json_extract(new.document, '$.official.employer_kind') IN ('food_association', "
            "'food_inspection', 'market_regulation')\n"
            "          OR (json_extract(new.document, '$.official.employer_kind') IN ('agriculture', "
            "'commerce', 'health', 'other_department')\n"
            "            AND json_extract(new.document, '$.activity.food.given_on') IS NULL)) BEGIN SELECT "
            "RAISE(ABORT, 'food may not be recommended by this employer'); END",
            'CREATE TRIGGER objection_step_judge BEFORE INSERT ON objection_step WHEN new.kind IN '
            "('admitted', 'inadmissible', 'upheld', 'partly_upheld', 'dismissed') AND (\n"
            '        new.by_id IS NULL\n'
            '        OR EXISTS (SELECT 1 FROM objection_attacked a\n'
            '                   WHERE a.objection_id = new.objection_id AND a.user_id = new.by_id)\n'
            '        OR EXISTS (SELECT 1 FROM objection o WHERE o.id = new.objection_id AND o.filer_user_id '
            '= new.by_id))\n'
            "        BEGIN SELECT RAISE(ABORT, 'who is attacked, or has filed the objection, does not decide "
            "on it'); END",
            'CREATE TRIGGER finding_helper BEFORE INSERT ON finding WHEN EXISTS (SELECT 1 FROM '
            'application_helper h WHERE h.application_id = new.application_id AND h.user_id = new.by_id)\n'
            "                BEGIN SELECT RAISE(ABORT, 'who helps to write an application neither checks nor "
            "decides on it'); END",
            'CREATE TRIGGER verdict_helper BEFORE INSERT ON verdict WHEN EXISTS (SELECT 1 FROM '
            'application_helper h WHERE h.application_id = new.application_id AND h.user_id = '
            'new.given_by_id)\n'
            "                BEGIN SELECT RAISE(ABORT, 'who helps to write an application neither checks nor "
            "decides on it'); END",
            'CREATE TRIGGER supplement_request_helper BEFORE INSERT ON supplement_request WHEN EXISTS '
            '(SELECT 1 FROM application_helper h WHERE h.application_id = new.application_id AND h.user_id = '
            'new.asked_by_id)\n'
            "                BEGIN SELECT RAISE(ABORT, 'who helps to write an application neither checks nor "
            "decides on it'); END",
            'CREATE TRIGGER sheet_helper BEFORE INSERT ON sheet WHEN EXISTS (SELECT 1 FROM '
            'application_helper h WHERE h.application_id = new.application_id AND h.user_id = (SELECT '
            'm.user_id FROM committee_member m WHERE m.id = new.member_id))\n'
            "                BEGIN SELECT RAISE(ABORT, 'who helps to write an application neither checks nor "
            "decides on it'); END",
            'CREATE TRIGGER decision_signature_helper BEFORE INSERT ON decision_signature WHEN EXISTS '
            '(SELECT 1 FROM application_helper h\n'
            '        JOIN application a ON a.id = h.application_id JOIN decision d ON d.round_id = '
            'a.round_id\n'
            '        WHERE d.id = new.decision_id AND h.user_id = new.user_id)\n'
            "                BEGIN SELECT RAISE(ABORT, 'who helps to write an application neither checks nor "
            "decides on it'); END",
            'CREATE TRIGGER application_helper_helper BEFORE INSERT ON application_helper WHEN EXISTS '
            '(SELECT 1 FROM finding f\n'
            '          WHERE f.application_id = new.application_id AND f.by_id = new.user_id)\n'
            '        OR EXISTS (SELECT 1 FROM verdict v\n'
            '          WHERE v.application_id = new.application_id AND v.given_by_id = new.user_id)\n'
            '        OR EXISTS (SELECT 1 FROM supplement_request s\n'
            '          WHERE s.application_id = new.application_id AND s.asked_by_id = new.user_id)\n'
            "                BEGIN SELECT RAISE(ABORT, 'who helps to write an application neither checks nor "
            "decides on it'); END"]}

UNGUARD = {'postgresql': ['DROP TRIGGER finding_helper ON finding',
                'DROP FUNCTION sunlit_finding_helper()',
                'DROP TRIGGER verdict_helper ON verdict',
                'DROP FUNCTION sunlit_verdict_helper()',
                'DROP TRIGGER supplement_request_helper ON supplement_request',
                'DROP FUNCTION sunlit_supplement_request_helper()',
                'DROP TRIGGER sheet_helper ON sheet',
                'DROP FUNCTION sunlit_sheet_helper()',
                'DROP TRIGGER decision_signature_helper ON decision_signature',
                'DROP FUNCTION sunlit_decision_signature_helper()',
                'DROP TRIGGER application_helper_helper ON application_helper',
                'DROP FUNCTION sunlit_application_helper_helper()',
                'DROP TRIGGER objection_step_judge ON objection_step',
                'DROP FUNCTION sunlit_objection_judge()',
                'DROP TRIGGER round_rules_food ON round_rules',
                'DROP FUNCTION sunlit_rules_food()',
                'DROP INDEX ix_search_document_words',
                'DROP TRIGGER log_entry_frozen ON log_entry',
                'DROP TRIGGER log_tile_hash_frozen ON log_tile_hash',
                'DROP TRIGGER log_checkpoint_frozen ON log_checkpoint',
                'DROP TRIGGER log_cosignature_frozen ON log_cosignature',
                'DROP TRIGGER log_erased_frozen ON log_erased',
                'DROP TRIGGER log_entry_kept ON log_entry',
                'DROP TRIGGER log_tile_hash_kept ON log_tile_hash',
                'DROP TRIGGER log_checkpoint_kept ON log_checkpoint',
                'DROP TRIGGER log_cosignature_kept ON log_cosignature',
                'DROP TRIGGER log_erased_kept ON log_erased',
                'DROP TRIGGER log_head_kept ON log_head',
                'DROP TRIGGER log_disclosure_kept ON log_disclosure',
                'DROP TRIGGER log_entry_next ON log_entry',
                'DROP TRIGGER log_head_step ON log_head',
                'DROP TRIGGER log_head_stays ON log_head',
                'DROP TRIGGER log_checkpoint_step ON log_checkpoint',
                'DROP TRIGGER log_disclosure_same ON log_disclosure',
                'DROP TRIGGER log_disclosure_step ON log_disclosure',
                'DROP FUNCTION sunlit_log_deny()',
                'DROP FUNCTION sunlit_log_entry_next()',
                'DROP FUNCTION sunlit_log_head_step()',
                'DROP FUNCTION sunlit_log_checkpoint_step()',
                'DROP FUNCTION sunlit_log_disclosure_step()'],
 'sqlite': ['DROP TRIGGER finding_helper',
            'DROP TRIGGER verdict_helper',
            'DROP TRIGGER supplement_request_helper',
            'DROP TRIGGER sheet_helper',
            'DROP TRIGGER decision_signature_helper',
            'DROP TRIGGER application_helper_helper',
            'DROP TRIGGER objection_step_judge',
            'DROP TRIGGER round_rules_food_insert',
            'DROP TRIGGER round_rules_food_update',
            'DROP TRIGGER search_document_added',
            'DROP TRIGGER search_document_gone',
            'DROP TRIGGER search_document_changed',
            'DROP TABLE search_words',
            'DROP TRIGGER log_entry_updated',
            'DROP TRIGGER log_entry_deleted',
            'DROP TRIGGER log_tile_hash_updated',
            'DROP TRIGGER log_tile_hash_deleted',
            'DROP TRIGGER log_checkpoint_updated',
            'DROP TRIGGER log_checkpoint_deleted',
            'DROP TRIGGER log_cosignature_updated',
            'DROP TRIGGER log_cosignature_deleted',
            'DROP TRIGGER log_erased_updated',
            'DROP TRIGGER log_erased_deleted',
            'DROP TRIGGER log_entry_next',
            'DROP TRIGGER log_head_start',
            'DROP TRIGGER log_head_step',
            'DROP TRIGGER log_head_stays',
            'DROP TRIGGER log_tile_hash_new',
            'DROP TRIGGER log_checkpoint_step',
            'DROP TRIGGER log_disclosure_same',
            'DROP TRIGGER log_disclosure_new',
            'DROP TRIGGER log_disclosure_gone',
            'DROP TRIGGER log_erased_new']}


def upgrade() -> None:
    # ### commands auto generated by Alembic - please adjust! ###
    op.create_table('job',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('payload', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('progress', sa.Integer(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('message', sa.String(length=300), nullable=False),
    sa.Column('params', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('run_after', sa.DateTime(timezone=True), nullable=False),
    sa.Column('alive_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error', sa.String(length=300), nullable=False),
    sa.CheckConstraint("(state IN ('done', 'failed')) = (finished_at IS NOT NULL)", name=op.f('ck_job_finished_has_time')),
    sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name=op.f('ck_job_state_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job'))
    )
    op.create_index('ix_job_waiting', 'job', ['run_after'], unique=False, sqlite_where=sa.text("state IN ('queued', 'running')"), postgresql_where=sa.text("state IN ('queued', 'running')"))
    op.create_table('log_checkpoint',
    sa.Column('size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('root', sa.LargeBinary(length=32), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('signed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('size', name=op.f('pk_log_checkpoint'))
    )
    op.create_table('log_cosignature',
    sa.Column('size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('witness', sa.String(length=200), nullable=False),
    sa.Column('line', sa.Text(), nullable=False),
    sa.Column('signed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('size', 'witness', name=op.f('pk_log_cosignature'))
    )
    op.create_table('log_disclosure',
    sa.Column('digest', sa.String(length=43), nullable=False),
    sa.Column('idx', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('field', sa.String(length=64), nullable=False),
    sa.Column('salt', sa.String(length=43), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('whose', sa.String(length=120), nullable=True),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_log_disclosure'))
    )
    op.create_index(op.f('ix_log_disclosure_idx'), 'log_disclosure', ['idx'], unique=False)
    op.create_index(op.f('ix_log_disclosure_whose'), 'log_disclosure', ['whose'], unique=False)
    op.create_table('log_entry',
    sa.Column('idx', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('leaf_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('round_ref', sa.String(length=120), nullable=True),
    sa.PrimaryKeyConstraint('idx', name=op.f('pk_log_entry'))
    )
    op.create_index('ix_log_entry_round_ref_idx', 'log_entry', ['round_ref', 'idx'], unique=False)
    op.create_table('log_erased',
    sa.Column('digest', sa.String(length=43), nullable=False),
    sa.Column('idx', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('erasure', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_log_erased'))
    )
    op.create_index(op.f('ix_log_erased_idx'), 'log_erased', ['idx'], unique=False)
    op.create_table('log_head',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('frontier', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_log_head_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_log_head'))
    )
    op.create_table('log_tile_hash',
    sa.Column('level', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('n', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('hash', sa.LargeBinary(length=32), nullable=False),
    sa.PrimaryKeyConstraint('level', 'n', name=op.f('pk_log_tile_hash'))
    )
    op.create_table('merchant',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('uscc', sa.String(length=18), nullable=True),
    sa.Column('representative', sa.String(length=120), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('contact', sa.String(length=120), nullable=False),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.Column('hotline', sa.String(length=40), nullable=False),
    sa.Column('founded', sa.Integer(), nullable=True),
    sa.Column('name_consent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('hotline_consent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('assisted', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_merchant')),
    sa.UniqueConstraint('ref', name=op.f('uq_merchant_ref')),
    sa.UniqueConstraint('uscc', name=op.f('uq_merchant_uscc'))
    )
    op.create_table('reminded',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('what', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=80), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reminded')),
    sa.UniqueConstraint('what', 'subject', name=op.f('uq_reminded_what_subject'))
    )
    op.create_table('round_number',
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('year', name=op.f('pk_round_number'))
    )
    op.create_table('search_document',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('ref', sa.String(length=40), nullable=False),
    sa.Column('scope', sa.String(length=20), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_document')),
    sa.UniqueConstraint('ref', name=op.f('uq_search_document_ref'))
    )
    op.create_index('ix_search_document_scope', 'search_document', ['scope'], unique=False)
    op.create_table('search_state',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_state'))
    )
    op.create_table('subscription',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=24), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('what', sa.String(length=20), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('told', sa.Integer(), nullable=False),
    sa.Column('looked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("language IN ('en', 'zh')", name=op.f('ck_subscription_language_known')),
    sa.CheckConstraint('looked_at IS NULL OR confirmed_at IS NOT NULL', name=op.f('ck_subscription_confirmed_first')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subscription')),
    sa.UniqueConstraint('address', 'what', name=op.f('uq_subscription_address_what')),
    sa.UniqueConstraint('key', name=op.f('uq_subscription_key'))
    )
    op.create_table('user_account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=16), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('employer', sa.String(length=200), nullable=False),
    sa.Column('password_hash', sa.String(length=255), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('totp_secret', sa.String(length=64), nullable=True),
    sa.Column('totp_confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('totp_last_step', sa.Integer(), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_account')),
    sa.UniqueConstraint('email', name=op.f('uq_user_account_email')),
    sa.UniqueConstraint('ref', name=op.f('uq_user_account_ref'))
    )
    op.create_table('certificate',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('merchant_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('number', sa.String(length=80), nullable=False),
    sa.Column('issuer', sa.String(length=200), nullable=False),
    sa.Column('scope', sa.String(length=500), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=True),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('media_type', sa.String(length=40), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('added_by_id', sa.Integer(), nullable=False),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['added_by_id'], ['user_account.id'], name=op.f('fk_certificate_added_by_id_user_account')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchant.id'], name=op.f('fk_certificate_merchant_id_merchant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certificate'))
    )
    op.create_index(op.f('ix_certificate_merchant_id'), 'certificate', ['merchant_id'], unique=False)
    op.create_table('counter_visit',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('merchant_id', sa.Integer(), nullable=False),
    sa.Column('capacity', sa.String(length=120), nullable=False),
    sa.Column('document', sa.String(length=30), nullable=False),
    sa.Column('paper_digest', sa.String(length=64), nullable=True),
    sa.Column('paper_type', sa.String(length=40), nullable=False),
    sa.Column('paper_name', sa.String(length=200), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_counter_visit_by_id_user_account')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchant.id'], name=op.f('fk_counter_visit_merchant_id_merchant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_counter_visit')),
    sa.UniqueConstraint('merchant_id', name=op.f('uq_counter_visit_merchant_id'))
    )
    op.create_table('debarment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=20), nullable=False),
    sa.Column('merchant_id', sa.Integer(), nullable=False),
    sa.Column('ground', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('remedy', sa.Text(), nullable=False),
    sa.Column('evidence_digest', sa.String(length=64), nullable=False),
    sa.Column('evidence_type', sa.String(length=40), nullable=False),
    sa.Column('evidence_name', sa.String(length=200), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('appeal', sa.Text(), nullable=False),
    sa.Column('appealed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lifted_on', sa.Date(), nullable=True),
    sa.Column('lifted_why', sa.Text(), nullable=False),
    sa.Column('entered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('entered_by_id', sa.Integer(), nullable=False),
    sa.CheckConstraint("(lifted_on IS NULL) = (lifted_why = '')", name=op.f('ck_debarment_lifted_with_reason')),
    sa.CheckConstraint('starts_on < ends_on', name=op.f('ck_debarment_ends_after_start')),
    sa.ForeignKeyConstraint(['entered_by_id'], ['user_account.id'], name=op.f('fk_debarment_entered_by_id_user_account')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchant.id'], name=op.f('fk_debarment_merchant_id_merchant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_debarment')),
    sa.UniqueConstraint('ref', name=op.f('uq_debarment_ref'))
    )
    op.create_index(op.f('ix_debarment_merchant_id'), 'debarment', ['merchant_id'], unique=False)
    op.create_table('erasure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('subject', sa.String(length=20), nullable=False),
    sa.Column('person', sa.String(length=60), nullable=False),
    sa.Column('ground', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('parts', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('kept', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('files', sa.Integer(), nullable=False),
    sa.Column('disclosures', sa.Integer(), nullable=False),
    sa.Column('digests', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_erasure_by_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erasure'))
    )
    op.create_table('expert',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=12), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('employer', sa.String(length=200), nullable=False),
    sa.Column('fields', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('entered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('suspended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('suspend_reason', sa.Text(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('end_reason', sa.Text(), nullable=False),
    sa.CheckConstraint("(ended_at IS NULL) = (end_reason = '')", name=op.f('ck_expert_ended_with_reason')),
    sa.CheckConstraint("(suspended_at IS NULL) = (suspend_reason = '')", name=op.f('ck_expert_suspended_with_reason')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_expert_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_expert')),
    sa.UniqueConstraint('ref', name=op.f('uq_expert_ref'))
    )
    op.create_index(op.f('ix_expert_user_id'), 'expert', ['user_id'], unique=False)
    op.create_index('uq_expert_in_force', 'expert', ['user_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('invitation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('employer', sa.String(length=200), nullable=False),
    sa.Column('roles', sa.String(length=120), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('token_sha256', sa.String(length=64), nullable=False),
    sa.Column('invited_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['invited_by_id'], ['user_account.id'], name=op.f('fk_invitation_invited_by_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitation')),
    sa.UniqueConstraint('token_sha256', name=op.f('uq_invitation_token_sha256'))
    )
    op.create_index(op.f('ix_invitation_email'), 'invitation', ['email'], unique=False)
    op.create_table('mail',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=24), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('template', sa.String(length=60), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('about', sa.String(length=60), nullable=False),
    sa.Column('context', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('secret', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('bundle_id', sa.Integer(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('run_after', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error', sa.String(length=100), nullable=False),
    sa.CheckConstraint("kind IN ('secure', 'legal', 'work', 'news', 'bundle')", name=op.f('ck_mail_kind_known')),
    sa.CheckConstraint("language IN ('en', 'zh')", name=op.f('ck_mail_language_known')),
    sa.CheckConstraint("state IN ('queued', 'sent', 'failed', 'held', 'kept')", name=op.f('ck_mail_state_known')),
    sa.CheckConstraint("state NOT IN ('held', 'kept') OR kind IN ('work', 'news')", name=op.f('ck_mail_notices_go_out')),
    sa.ForeignKeyConstraint(['bundle_id'], ['mail.id'], name=op.f('fk_mail_bundle_id_mail')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_mail_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail')),
    sa.UniqueConstraint('key', name=op.f('uq_mail_key'))
    )
    op.create_index(op.f('ix_mail_about'), 'mail', ['about'], unique=False)
    op.create_index('ix_mail_held', 'mail', ['user_id'], unique=False, sqlite_where=sa.text("state = 'held'"), postgresql_where=sa.text("state = 'held'"))
    op.create_index('ix_mail_user_id_id', 'mail', ['user_id', 'id'], unique=False)
    op.create_index('ix_mail_waiting', 'mail', ['run_after'], unique=False, sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'"))
    op.create_table('mail_preference',
    sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('delivery', sa.String(length=10), nullable=False),
    sa.Column('key', sa.String(length=24), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("delivery IN ('at_once', 'digest', 'site')", name=op.f('ck_mail_preference_delivery_known')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_mail_preference_user_id_user_account')),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_mail_preference')),
    sa.UniqueConstraint('key', name=op.f('uq_mail_preference_key'))
    )
    op.create_table('merchant_disclosure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('merchant_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('document', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_merchant_disclosure_by_id_user_account')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchant.id'], name=op.f('fk_merchant_disclosure_merchant_id_merchant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_merchant_disclosure')),
    sa.UniqueConstraint('merchant_id', 'version', name=op.f('uq_merchant_disclosure_merchant_id_version'))
    )
    op.create_index(op.f('ix_merchant_disclosure_merchant_id'), 'merchant_disclosure', ['merchant_id'], unique=False)
    op.create_table('merchant_invitation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('merchant_id', sa.Integer(), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('token_sha256', sa.String(length=64), nullable=False),
    sa.Column('invited_by_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['invited_by_id'], ['user_account.id'], name=op.f('fk_merchant_invitation_invited_by_id_user_account')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchant.id'], name=op.f('fk_merchant_invitation_merchant_id_merchant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_merchant_invitation')),
    sa.UniqueConstraint('token_sha256', name=op.f('uq_merchant_invitation_token_sha256'))
    )
    op.create_index(op.f('ix_merchant_invitation_merchant_id'), 'merchant_invitation', ['merchant_id'], unique=False)
    op.create_table('merchant_user',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('merchant_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('helper_as', sa.String(length=120), nullable=False),
    sa.Column('clerk', sa.Boolean(), nullable=False),
    sa.Column('authority_digest', sa.String(length=64), nullable=True),
    sa.Column('authority_type', sa.String(length=40), nullable=False),
    sa.Column('authority_name', sa.String(length=200), nullable=False),
    sa.CheckConstraint("NOT clerk OR helper_as <> ''", name=op.f('ck_merchant_user_clerk_helps')),
    sa.CheckConstraint("clerk OR (helper_as = '') = (authority_digest IS NULL)", name=op.f('ck_merchant_user_helper_with_authority')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchant.id'], name=op.f('fk_merchant_user_merchant_id_merchant')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_merchant_user_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_merchant_user')),
    sa.UniqueConstraint('merchant_id', 'user_id', name=op.f('uq_merchant_user_merchant_id_user_id'))
    )
    op.create_index(op.f('ix_merchant_user_merchant_id'), 'merchant_user', ['merchant_id'], unique=False)
    op.create_index(op.f('ix_merchant_user_user_id'), 'merchant_user', ['user_id'], unique=False)
    op.create_table('password_reset',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('token_sha256', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_password_reset_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_password_reset')),
    sa.UniqueConstraint('token_sha256', name=op.f('uq_password_reset_token_sha256'))
    )
    op.create_index(op.f('ix_password_reset_user_id'), 'password_reset', ['user_id'], unique=False)
    op.create_table('record_search',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('merchant_id', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('searched_on', sa.Date(), nullable=False),
    sa.Column('found', sa.Boolean(), nullable=False),
    sa.Column('result', sa.Text(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('media_type', sa.String(length=40), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_record_search_by_id_user_account')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchant.id'], name=op.f('fk_record_search_merchant_id_merchant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_record_search'))
    )
    op.create_index(op.f('ix_record_search_merchant_id'), 'record_search', ['merchant_id'], unique=False)
    op.create_table('recovery_code',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_recovery_code_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_code'))
    )
    op.create_index(op.f('ix_recovery_code_user_id'), 'recovery_code', ['user_id'], unique=False)
    op.create_table('round',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=20), nullable=False),
    sa.Column('title_en', sa.String(length=200), nullable=False),
    sa.Column('title_zh', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['created_by_id'], ['user_account.id'], name=op.f('fk_round_created_by_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_round')),
    sa.UniqueConstraint('ref', name=op.f('uq_round_ref'))
    )
    op.create_table('sign_in',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('token_sha256', sa.String(length=64), nullable=False),
    sa.Column('device', sa.String(length=120), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('second_factor_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_sign_in_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in')),
    sa.UniqueConstraint('token_sha256', name=op.f('uq_sign_in_token_sha256'))
    )
    op.create_index(op.f('ix_sign_in_user_id'), 'sign_in', ['user_id'], unique=False)
    op.create_table('signatory_certificate',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('pem', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('registered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('confirmed_by_id', sa.Integer(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ending', sa.String(length=12), nullable=False),
    sa.CheckConstraint("(ended_at IS NULL) = (ending = '')", name=op.f('ck_signatory_certificate_ended_for_a_reason')),
    sa.CheckConstraint('(confirmed_at IS NULL) = (confirmed_by_id IS NULL)', name=op.f('ck_signatory_certificate_confirmed_by_somebody')),
    sa.CheckConstraint('confirmed_by_id <> user_id', name=op.f('ck_signatory_certificate_confirmed_by_another')),
    sa.ForeignKeyConstraint(['confirmed_by_id'], ['user_account.id'], name=op.f('fk_signatory_certificate_confirmed_by_id_user_account')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_signatory_certificate_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_signatory_certificate')),
    sa.UniqueConstraint('sha256', name=op.f('uq_signatory_certificate_sha256'))
    )
    op.create_index(op.f('ix_signatory_certificate_user_id'), 'signatory_certificate', ['user_id'], unique=False)
    op.create_index('uq_signatory_certificate_brought', 'signatory_certificate', ['user_id'], unique=True, sqlite_where=sa.text('confirmed_at IS NULL AND ended_at IS NULL'), postgresql_where=sa.text('confirmed_at IS NULL AND ended_at IS NULL'))
    op.create_index('uq_signatory_certificate_in_force', 'signatory_certificate', ['user_id'], unique=True, sqlite_where=sa.text('confirmed_at IS NOT NULL AND ended_at IS NULL'), postgresql_where=sa.text('confirmed_at IS NOT NULL AND ended_at IS NULL'))
    op.create_table('take_over_code',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('merchant_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=5), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('issued_by_id', sa.Integer(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('used_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('(used_at IS NULL) = (used_by_id IS NULL)', name=op.f('ck_take_over_code_used_by_somebody')),
    sa.CheckConstraint('tries BETWEEN 0 AND 5', name=op.f('ck_take_over_code_tries_limited')),
    sa.CheckConstraint('used_at IS NULL OR used_at < expires_at', name=op.f('ck_take_over_code_used_in_time')),
    sa.ForeignKeyConstraint(['issued_by_id'], ['user_account.id'], name=op.f('fk_take_over_code_issued_by_id_user_account')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchant.id'], name=op.f('fk_take_over_code_merchant_id_merchant')),
    sa.ForeignKeyConstraint(['used_by_id'], ['user_account.id'], name=op.f('fk_take_over_code_used_by_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_take_over_code')),
    sa.UniqueConstraint('number', name=op.f('uq_take_over_code_number'))
    )
    op.create_index(op.f('ix_take_over_code_merchant_id'), 'take_over_code', ['merchant_id'], unique=False)
    op.create_table('user_role',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.CheckConstraint("role IN ('administrator', 'handler', 'member', 'merchant', 'official', 'organiser', 'supervisor')", name=op.f('ck_user_role_role_known')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_user_role_user_id_user_account')),
    sa.PrimaryKeyConstraint('user_id', 'role', name=op.f('pk_user_role'))
    )
    op.create_table('application',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=30), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('merchant_id', sa.Integer(), nullable=False),
    sa.Column('current', sa.Integer(), nullable=False),
    sa.Column('product_name', sa.String(length=200), nullable=False),
    sa.Column('product_key', sa.String(length=200), nullable=False),
    sa.Column('category', sa.String(length=30), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('rules_version', sa.Integer(), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchant.id'], name=op.f('fk_application_merchant_id_merchant')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_application_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_application')),
    sa.UniqueConstraint('id', 'round_id', name=op.f('uq_application_id_round_id')),
    sa.UniqueConstraint('ref', name=op.f('uq_application_ref')),
    sa.UniqueConstraint('round_id', 'number', name=op.f('uq_application_round_id_number'))
    )
    op.create_index(op.f('ix_application_merchant_id'), 'application', ['merchant_id'], unique=False)
    op.create_index(op.f('ix_application_round_id'), 'application', ['round_id'], unique=False)
    op.create_index('uq_application_product', 'application', ['round_id', 'merchant_id', 'product_key'], unique=True, sqlite_where=sa.text('withdrawn_at IS NULL'), postgresql_where=sa.text('withdrawn_at IS NULL'))
    op.create_table('certificate_check',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('certificate_id', sa.Integer(), nullable=False),
    sa.Column('outcome', sa.String(length=20), nullable=False),
    sa.Column('how', sa.String(length=500), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.CheckConstraint("outcome IN ('in_order', 'not_in_order', 'not_found')", name=op.f('ck_certificate_check_outcome_known')),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_certificate_check_by_id_user_account')),
    sa.ForeignKeyConstraint(['certificate_id'], ['certificate.id'], name=op.f('fk_certificate_check_certificate_id_certificate')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certificate_check'))
    )
    op.create_index(op.f('ix_certificate_check_certificate_id'), 'certificate_check', ['certificate_id'], unique=False)
    op.create_table('committee_draw',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('purpose', sa.String(length=20), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(length=20), nullable=False),
    sa.Column('beacon', sa.String(length=80), nullable=True),
    sa.Column('beacon_round', sa.Integer(), nullable=True),
    sa.Column('lotteries', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('exists_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('announced_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('signature', sa.String(length=96), nullable=True),
    sa.Column('numbers', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('key', sa.Text(), nullable=True),
    sa.Column('drawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('spent_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(source = 'beacon' AND beacon IS NOT NULL AND beacon_round IS NOT NULL AND lotteries IS NULL) OR (source = 'lottery' AND beacon IS NULL AND beacon_round IS NULL AND lotteries IS NOT NULL)", name=op.f('ck_committee_draw_one_source')),
    sa.CheckConstraint("drawn_at IS NULL OR source = 'lottery' OR signature IS NOT NULL", name=op.f('ck_committee_draw_beacon_signed')),
    sa.CheckConstraint("purpose IN ('experts', 'observers')", name=op.f('ck_committee_draw_purpose_known')),
    sa.CheckConstraint('(key IS NULL) = (drawn_at IS NULL)', name=op.f('ck_committee_draw_drawn_with_key')),
    sa.CheckConstraint('announced_at < exists_at', name=op.f('ck_committee_draw_announced_before')),
    sa.CheckConstraint('drawn_at IS NULL OR drawn_at >= exists_at', name=op.f('ck_committee_draw_drawn_after')),
    sa.CheckConstraint('number > 0', name=op.f('ck_committee_draw_number_positive')),
    sa.CheckConstraint('spent_at IS NULL OR drawn_at IS NOT NULL', name=op.f('ck_committee_draw_spent_after_draw')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_committee_draw_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_committee_draw')),
    sa.UniqueConstraint('id', 'round_id', name=op.f('uq_committee_draw_id_round_id')),
    sa.UniqueConstraint('round_id', 'purpose', 'number', name=op.f('uq_committee_draw_round_id_purpose_number'))
    )
    op.create_index(op.f('ix_committee_draw_round_id'), 'committee_draw', ['round_id'], unique=False)
    op.create_index('uq_committee_draw_in_force', 'committee_draw', ['round_id', 'purpose'], unique=True, sqlite_where=sa.text('spent_at IS NULL'), postgresql_where=sa.text('spent_at IS NULL'))
    op.create_table('committee_meeting',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('place', sa.String(length=400), nullable=False),
    sa.Column('called_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('cancelled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancel_reason', sa.Text(), nullable=False),
    sa.Column('held_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(cancelled_at IS NULL) = (cancel_reason = '')", name=op.f('ck_committee_meeting_cancelled_with_reason')),
    sa.CheckConstraint("kind IN ('draw', 'tasting', 'meeting', 'opening')", name=op.f('ck_committee_meeting_kind_known')),
    sa.CheckConstraint('held_at IS NULL OR cancelled_at IS NULL', name=op.f('ck_committee_meeting_held_or_cancelled')),
    sa.CheckConstraint('held_at IS NULL OR held_at >= starts_at', name=op.f('ck_committee_meeting_held_after_start')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_committee_meeting_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_committee_meeting')),
    sa.UniqueConstraint('id', 'round_id', name=op.f('uq_committee_meeting_id_round_id')),
    sa.UniqueConstraint('round_id', 'number', name=op.f('uq_committee_meeting_round_id_number'))
    )
    op.create_index(op.f('ix_committee_meeting_round_id'), 'committee_meeting', ['round_id'], unique=False)
    op.create_table('decision',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=40), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('effect', sa.String(length=12), nullable=False),
    sa.Column('supersedes_id', sa.Integer(), nullable=True),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('drawn_up_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('drawn_up_by_id', sa.Integer(), nullable=False),
    sa.Column('job_id', sa.Integer(), nullable=True),
    sa.Column('base_digest', sa.String(length=64), nullable=True),
    sa.Column('base_size', sa.Integer(), nullable=True),
    sa.Column('file_digest', sa.String(length=64), nullable=True),
    sa.Column('file_size', sa.Integer(), nullable=True),
    sa.Column('discarded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('published_digest', sa.String(length=64), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(base_digest IS NULL) = (file_digest IS NULL)', name=op.f('ck_decision_rendered_is_sealed')),
    sa.CheckConstraint('(published_at IS NULL) = (published_digest IS NULL)', name=op.f('ck_decision_published_has_file')),
    sa.CheckConstraint('published_at IS NULL OR discarded_at IS NULL', name=op.f('ck_decision_published_not_discarded')),
    sa.CheckConstraint('published_digest IS NULL OR published_digest = file_digest', name=op.f('ck_decision_published_is_signed')),
    sa.ForeignKeyConstraint(['drawn_up_by_id'], ['user_account.id'], name=op.f('fk_decision_drawn_up_by_id_user_account')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_decision_round_id_round')),
    sa.ForeignKeyConstraint(['supersedes_id', 'round_id'], ['decision.id', 'decision.round_id'], name='fk_decision_same_round'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decision')),
    sa.UniqueConstraint('code', name=op.f('uq_decision_code')),
    sa.UniqueConstraint('id', 'round_id', name=op.f('uq_decision_id_round_id')),
    sa.UniqueConstraint('published_digest', name=op.f('uq_decision_published_digest')),
    sa.UniqueConstraint('ref', name=op.f('uq_decision_ref')),
    sa.UniqueConstraint('round_id', 'version', name=op.f('uq_decision_round_id_version'))
    )
    op.create_index(op.f('ix_decision_round_id'), 'decision', ['round_id'], unique=False)
    op.create_index(op.f('ix_decision_supersedes_id'), 'decision', ['supersedes_id'], unique=False)
    op.create_index('uq_decision_in_force', 'decision', ['round_id'], unique=True, sqlite_where=sa.text('published_at IS NOT NULL AND superseded_at IS NULL'), postgresql_where=sa.text('published_at IS NOT NULL AND superseded_at IS NULL'))
    op.create_index('uq_decision_in_work', 'decision', ['round_id'], unique=True, sqlite_where=sa.text('published_at IS NULL AND discarded_at IS NULL'), postgresql_where=sa.text('published_at IS NULL AND discarded_at IS NULL'))
    op.create_table('milestone',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('subject', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closes', sa.DateTime(timezone=True), nullable=True),
    sa.Column('counted', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('detail', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_milestone_by_id_user_account')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_milestone_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_milestone')),
    sa.UniqueConstraint('round_id', 'kind', 'subject', name=op.f('uq_milestone_round_id_kind_subject'))
    )
    op.create_index(op.f('ix_milestone_round_id'), 'milestone', ['round_id'], unique=False)
    op.create_index('uq_milestone_published_once', 'milestone', ['round_id'], unique=True, sqlite_where=sa.text("kind = 'published'"), postgresql_where=sa.text("kind = 'published'"))
    op.create_table('objection',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=40), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('target', sa.String(length=20), nullable=False),
    sa.Column('target_ref', sa.String(length=40), nullable=False),
    sa.Column('ground', sa.String(length=40), nullable=False),
    sa.Column('argument', sa.Text(), nullable=False),
    sa.Column('remedy', sa.String(length=30), nullable=False),
    sa.Column('remedy_detail', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('filer_kind', sa.String(length=20), nullable=False),
    sa.Column('public_name', sa.String(length=200), nullable=False),
    sa.Column('filer_name', sa.String(length=200), nullable=False),
    sa.Column('contact', sa.String(length=254), nullable=False),
    sa.Column('filer_user_id', sa.Integer(), nullable=True),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('filed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('token_sha256', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['filer_user_id'], ['user_account.id'], name=op.f('fk_objection_filer_user_id_user_account')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_objection_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_objection')),
    sa.UniqueConstraint('ref', name=op.f('uq_objection_ref')),
    sa.UniqueConstraint('round_id', 'number', name=op.f('uq_objection_round_id_number')),
    sa.UniqueConstraint('token_sha256', name=op.f('uq_objection_token_sha256'))
    )
    op.create_index(op.f('ix_objection_round_id'), 'objection', ['round_id'], unique=False)
    op.create_table('observer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=8), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('contact', sa.String(length=254), nullable=False),
    sa.Column('outlet', sa.String(length=120), nullable=False),
    sa.Column('listed', sa.Boolean(), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('token_sha256', sa.String(length=64), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('admitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind = 'citizen' OR outlet <> ''", name=op.f('ck_observer_press_has_outlet')),
    sa.CheckConstraint("kind IN ('citizen', 'press')", name=op.f('ck_observer_kind_known')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_observer_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_observer')),
    sa.UniqueConstraint('id', 'round_id', name=op.f('uq_observer_id_round_id')),
    sa.UniqueConstraint('round_id', 'code', name=op.f('uq_observer_round_id_code')),
    sa.UniqueConstraint('token_sha256', name=op.f('uq_observer_token_sha256'))
    )
    op.create_index(op.f('ix_observer_round_id'), 'observer', ['round_id'], unique=False)
    op.create_index('uq_observer_contact', 'observer', ['round_id', 'contact'], unique=True, sqlite_where=sa.text('withdrawn_at IS NULL'), postgresql_where=sa.text('withdrawn_at IS NULL'))
    op.create_table('paper',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=40), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('about', sa.String(length=40), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('en_digest', sa.String(length=64), nullable=False),
    sa.Column('en_size', sa.Integer(), nullable=False),
    sa.Column('zh_digest', sa.String(length=64), nullable=False),
    sa.Column('zh_size', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('opening', 'committee')", name=op.f('ck_paper_kind_known')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_paper_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_paper')),
    sa.UniqueConstraint('ref', name=op.f('uq_paper_ref')),
    sa.UniqueConstraint('round_id', 'kind', 'about', name=op.f('uq_paper_round_id_kind_about')),
    sa.UniqueConstraint('round_id', 'number', name=op.f('uq_paper_round_id_number'))
    )
    op.create_index(op.f('ix_paper_round_id'), 'paper', ['round_id'], unique=False)
    op.create_table('question',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=30), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due', sa.DateTime(timezone=True), nullable=False),
    sa.Column('counted', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_by_id', sa.Integer(), nullable=True),
    sa.Column('withheld', sa.String(length=30), nullable=True),
    sa.CheckConstraint('(answer IS NULL) = (answered_at IS NULL)', name=op.f('ck_question_answered_has_time')),
    sa.ForeignKeyConstraint(['answered_by_id'], ['user_account.id'], name=op.f('fk_question_answered_by_id_user_account')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_question_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_question')),
    sa.UniqueConstraint('ref', name=op.f('uq_question_ref')),
    sa.UniqueConstraint('round_id', 'number', name=op.f('uq_question_round_id_number'))
    )
    op.create_index(op.f('ix_question_round_id'), 'question', ['round_id'], unique=False)
    op.create_table('round_draft',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('document', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('saved_by_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_round_draft_round_id_round')),
    sa.ForeignKeyConstraint(['saved_by_id'], ['user_account.id'], name=op.f('fk_round_draft_saved_by_id_user_account')),
    sa.PrimaryKeyConstraint('round_id', name=op.f('pk_round_draft'))
    )
    op.create_table('round_rules',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reason', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_round_rules_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_round_rules')),
    sa.UniqueConstraint('round_id', 'version', name=op.f('uq_round_rules_round_id_version'))
    )
    op.create_index(op.f('ix_round_rules_round_id'), 'round_rules', ['round_id'], unique=False)
    op.create_table('seat',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("role IN ('member', 'official', 'organiser', 'supervisor')", name=op.f('ck_seat_role_known')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_seat_round_id_round')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_seat_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seat'))
    )
    op.create_index(op.f('ix_seat_round_id'), 'seat', ['round_id'], unique=False)
    op.create_index(op.f('ix_seat_user_id'), 'seat', ['user_id'], unique=False)
    op.create_index('uq_seat_in_force', 'seat', ['round_id', 'user_id', 'role'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('set_aside',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('expert_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=20), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("detail <> ''", name=op.f('ck_set_aside_with_detail')),
    sa.CheckConstraint("reason IN ('relation', 'unavailable')", name=op.f('ck_set_aside_reason_known')),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], name=op.f('fk_set_aside_expert_id_expert')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_set_aside_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_set_aside')),
    sa.UniqueConstraint('round_id', 'expert_id', name=op.f('uq_set_aside_round_id_expert_id'))
    )
    op.create_index(op.f('ix_set_aside_expert_id'), 'set_aside', ['expert_id'], unique=False)
    op.create_index(op.f('ix_set_aside_round_id'), 'set_aside', ['round_id'], unique=False)
    op.create_table('tally_run',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('cause', sa.String(length=40), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('computed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_tally_run_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tally_run')),
    sa.UniqueConstraint('round_id', 'number', name=op.f('uq_tally_run_round_id_number'))
    )
    op.create_index(op.f('ix_tally_run_round_id'), 'tally_run', ['round_id'], unique=False)
    op.create_table('tie_draw',
    sa.Column('round_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('beacon_round', sa.Integer(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('announced_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('signature', sa.String(length=96), nullable=True),
    sa.Column('key', sa.String(length=64), nullable=True),
    sa.Column('drawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_tie_draw_round_id_round')),
    sa.PrimaryKeyConstraint('round_id', name=op.f('pk_tie_draw'))
    )
    op.create_table('application_confirmation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=False),
    sa.Column('rules_version', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_application_confirmation_application_id_application')),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_application_confirmation_by_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_application_confirmation')),
    sa.UniqueConstraint('application_id', 'rules_version', name=op.f('uq_application_confirmation_application_id_rules_version'))
    )
    op.create_index(op.f('ix_application_confirmation_application_id'), 'application_confirmation', ['application_id'], unique=False)
    op.create_table('application_draft',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=24), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('merchant_id', sa.Integer(), nullable=False),
    sa.Column('product_name', sa.String(length=200), nullable=False),
    sa.Column('product_key', sa.String(length=200), nullable=False),
    sa.Column('sections', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=False),
    sa.Column('helper_ids', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_application_draft_application_id_application')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user_account.id'], name=op.f('fk_application_draft_created_by_id_user_account')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchant.id'], name=op.f('fk_application_draft_merchant_id_merchant')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_application_draft_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_application_draft')),
    sa.UniqueConstraint('application_id', name=op.f('uq_application_draft_application_id')),
    sa.UniqueConstraint('key', name=op.f('uq_application_draft_key'))
    )
    op.create_index(op.f('ix_application_draft_merchant_id'), 'application_draft', ['merchant_id'], unique=False)
    op.create_index(op.f('ix_application_draft_round_id'), 'application_draft', ['round_id'], unique=False)
    op.create_index('uq_application_draft_product', 'application_draft', ['round_id', 'merchant_id', 'product_key'], unique=True, sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
    op.create_table('application_helper',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_application_helper_application_id_application')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_application_helper_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_application_helper')),
    sa.UniqueConstraint('application_id', 'user_id', name=op.f('uq_application_helper_application_id_user_id'))
    )
    op.create_index(op.f('ix_application_helper_application_id'), 'application_helper', ['application_id'], unique=False)
    op.create_index(op.f('ix_application_helper_user_id'), 'application_helper', ['user_id'], unique=False)
    op.create_table('application_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('rules_version', sa.Integer(), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('submitted_by_id', sa.Integer(), nullable=False),
    sa.Column('signed_digest', sa.String(length=64), nullable=True),
    sa.Column('signed_type', sa.String(length=40), nullable=False),
    sa.Column('signed_name', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_application_version_application_id_application')),
    sa.ForeignKeyConstraint(['submitted_by_id'], ['user_account.id'], name=op.f('fk_application_version_submitted_by_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_application_version')),
    sa.UniqueConstraint('application_id', 'version', name=op.f('uq_application_version_application_id_version'))
    )
    op.create_index(op.f('ix_application_version_application_id'), 'application_version', ['application_id'], unique=False)
    op.create_table('decision_edition',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('decision_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('before_digest', sa.String(length=64), nullable=False),
    sa.Column('file_digest', sa.String(length=64), nullable=False),
    sa.Column('file_size', sa.Integer(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('number > 0', name=op.f('ck_decision_edition_counted')),
    sa.ForeignKeyConstraint(['decision_id'], ['decision.id'], name=op.f('fk_decision_edition_decision_id_decision')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decision_edition')),
    sa.UniqueConstraint('before_digest', name=op.f('uq_decision_edition_before_digest')),
    sa.UniqueConstraint('decision_id', 'number', name=op.f('uq_decision_edition_decision_id_number')),
    sa.UniqueConstraint('file_digest', name=op.f('uq_decision_edition_file_digest'))
    )
    op.create_index(op.f('ix_decision_edition_decision_id'), 'decision_edition', ['decision_id'], unique=False)
    op.create_table('decision_signature',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('decision_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('field', sa.String(length=20), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('job_id', sa.Integer(), nullable=True),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('declined_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('deemed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('counted', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('dissent', sa.Text(), nullable=False),
    sa.Column('turn', sa.Integer(), nullable=True),
    sa.Column('signed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('certificate_sha256', sa.String(length=64), nullable=True),
    sa.Column('file_digest', sa.String(length=64), nullable=True),
    sa.Column('file_size', sa.Integer(), nullable=True),
    sa.CheckConstraint("declined_at IS NULL OR (approved_at IS NULL AND dissent <> '')", name=op.f('ck_decision_signature_declined_with_reason')),
    sa.CheckConstraint("role IN ('chair', 'member') OR (declined_at IS NULL AND deemed_at IS NULL)", name=op.f('ck_decision_signature_office_signs')),
    sa.CheckConstraint('(position = 0) = (user_id IS NULL)', name=op.f('ck_decision_signature_seal_is_nobodys')),
    sa.CheckConstraint('(signed_at IS NULL) = (file_digest IS NULL) AND (signed_at IS NULL) = (certificate_sha256 IS NULL) AND (signed_at IS NULL) = (turn IS NULL) AND (signed_at IS NULL) = (file_size IS NULL)', name=op.f('ck_decision_signature_signed_has_file')),
    sa.CheckConstraint('deemed_at IS NULL OR (approved_at IS NULL AND declined_at IS NULL AND counted IS NOT NULL)', name=op.f('ck_decision_signature_deemed_was_silent')),
    sa.CheckConstraint('position = 0 OR signed_at IS NULL OR approved_at IS NOT NULL', name=op.f('ck_decision_signature_signed_was_approved')),
    sa.ForeignKeyConstraint(['decision_id'], ['decision.id'], name=op.f('fk_decision_signature_decision_id_decision')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_decision_signature_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decision_signature')),
    sa.UniqueConstraint('decision_id', 'field', name=op.f('uq_decision_signature_decision_id_field')),
    sa.UniqueConstraint('decision_id', 'position', name=op.f('uq_decision_signature_decision_id_position')),
    sa.UniqueConstraint('decision_id', 'turn', name=op.f('uq_decision_signature_decision_id_turn')),
    sa.UniqueConstraint('decision_id', 'user_id', name=op.f('uq_decision_signature_decision_id_user_id'))
    )
    op.create_index(op.f('ix_decision_signature_decision_id'), 'decision_signature', ['decision_id'], unique=False)
    op.create_index(op.f('ix_decision_signature_user_id'), 'decision_signature', ['user_id'], unique=False)
    op.create_table('draw_left_out',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('draw_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('expert_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=20), nullable=False),
    sa.ForeignKeyConstraint(['draw_id', 'round_id'], ['committee_draw.id', 'committee_draw.round_id'], name=op.f('fk_draw_left_out_draw_id_round_id_committee_draw')),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], name=op.f('fk_draw_left_out_expert_id_expert')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_draw_left_out_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draw_left_out')),
    sa.UniqueConstraint('draw_id', 'expert_id', name=op.f('uq_draw_left_out_draw_id_expert_id'))
    )
    op.create_index(op.f('ix_draw_left_out_expert_id'), 'draw_left_out', ['expert_id'], unique=False)
    op.create_index(op.f('ix_draw_left_out_round_id'), 'draw_left_out', ['round_id'], unique=False)
    op.create_table('draw_lot',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('draw_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('field', sa.String(length=40), nullable=False),
    sa.Column('seats', sa.Integer(), nullable=False),
    sa.Column('reserves', sa.Integer(), nullable=False),
    sa.Column('pool', sa.Integer(), nullable=False),
    sa.CheckConstraint('seats > 0 AND reserves >= 0 AND pool >= seats', name=op.f('ck_draw_lot_possible')),
    sa.ForeignKeyConstraint(['draw_id', 'round_id'], ['committee_draw.id', 'committee_draw.round_id'], name=op.f('fk_draw_lot_draw_id_round_id_committee_draw')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_draw_lot_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draw_lot')),
    sa.UniqueConstraint('draw_id', 'field', name=op.f('uq_draw_lot_draw_id_field')),
    sa.UniqueConstraint('draw_id', 'position', name=op.f('uq_draw_lot_draw_id_position')),
    sa.UniqueConstraint('id', 'round_id', name=op.f('uq_draw_lot_id_round_id'))
    )
    op.create_index(op.f('ix_draw_lot_round_id'), 'draw_lot', ['round_id'], unique=False)
    op.create_table('draw_reading',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('draw_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('numbers', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('discarded_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("role IN ('organiser', 'supervisor')", name=op.f('ck_draw_reading_role_known')),
    sa.ForeignKeyConstraint(['draw_id', 'round_id'], ['committee_draw.id', 'committee_draw.round_id'], name=op.f('fk_draw_reading_draw_id_round_id_committee_draw')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_draw_reading_round_id_round')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_draw_reading_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draw_reading'))
    )
    op.create_index(op.f('ix_draw_reading_round_id'), 'draw_reading', ['round_id'], unique=False)
    op.create_index('uq_draw_reading_by_person', 'draw_reading', ['draw_id', 'user_id'], unique=True, sqlite_where=sa.text('discarded_at IS NULL'), postgresql_where=sa.text('discarded_at IS NULL'))
    op.create_index('uq_draw_reading_by_role', 'draw_reading', ['draw_id', 'role'], unique=True, sqlite_where=sa.text('discarded_at IS NULL'), postgresql_where=sa.text('discarded_at IS NULL'))
    op.create_table('finding',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=False),
    sa.Column('item', sa.String(length=20), nullable=False),
    sa.Column('result', sa.String(length=20), nullable=False),
    sa.Column('method', sa.String(length=20), nullable=True),
    sa.Column('evidence', sa.Text(), nullable=False),
    sa.Column('looked_on', sa.Date(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=True),
    sa.Column('media_type', sa.String(length=60), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('compared', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("method IS NOT NULL OR result = 'not_applicable'", name=op.f('ck_finding_method_told')),
    sa.CheckConstraint("result IN ('met', 'not_met', 'not_applicable')", name=op.f('ck_finding_result_known')),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_finding_application_id_application')),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_finding_by_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_finding'))
    )
    op.create_index(op.f('ix_finding_application_id'), 'finding', ['application_id'], unique=False)
    op.create_index('uq_finding_in_force', 'finding', ['application_id', 'item'], unique=True, sqlite_where=sa.text('superseded_at IS NULL'), postgresql_where=sa.text('superseded_at IS NULL'))
    op.create_table('given_up',
    sa.Column('application_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.CheckConstraint("reason <> ''", name=op.f('ck_given_up_with_reason')),
    sa.ForeignKeyConstraint(['application_id', 'round_id'], ['application.id', 'application.round_id'], name=op.f('fk_given_up_application_id_round_id_application')),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_given_up_by_id_user_account')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_given_up_round_id_round')),
    sa.PrimaryKeyConstraint('application_id', name=op.f('pk_given_up'))
    )
    op.create_index(op.f('ix_given_up_round_id'), 'given_up', ['round_id'], unique=False)
    op.create_table('milestone_told',
    sa.Column('milestone_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['milestone_id'], ['milestone.id'], name=op.f('fk_milestone_told_milestone_id_milestone')),
    sa.PrimaryKeyConstraint('milestone_id', name=op.f('pk_milestone_told'))
    )
    op.create_table('notice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('tally_run_id', sa.Integer(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('counted', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('given_by_id', sa.Integer(), nullable=False),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['given_by_id'], ['user_account.id'], name=op.f('fk_notice_given_by_id_user_account')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_notice_round_id_round')),
    sa.ForeignKeyConstraint(['tally_run_id'], ['tally_run.id'], name=op.f('fk_notice_tally_run_id_tally_run')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice')),
    sa.UniqueConstraint('round_id', 'number', name=op.f('uq_notice_round_id_number'))
    )
    op.create_index(op.f('ix_notice_round_id'), 'notice', ['round_id'], unique=False)
    op.create_index('uq_notice_in_force', 'notice', ['round_id'], unique=True, sqlite_where=sa.text('superseded_at IS NULL'), postgresql_where=sa.text('superseded_at IS NULL'))
    op.create_table('objection_attacked',
    sa.Column('objection_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['objection_id'], ['objection.id'], name=op.f('fk_objection_attacked_objection_id_objection')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_objection_attacked_user_id_user_account')),
    sa.PrimaryKeyConstraint('objection_id', 'user_id', name=op.f('pk_objection_attacked'))
    )
    op.create_table('objection_escalation',
    sa.Column('objection_id', sa.Integer(), nullable=False),
    sa.Column('complained_on', sa.Date(), nullable=False),
    sa.Column('reference', sa.String(length=100), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('told_by_id', sa.Integer(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('counted', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('suspended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('suspended_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('suspended_counted', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('suspension', sa.Text(), nullable=False),
    sa.Column('outcome', sa.String(length=20), nullable=True),
    sa.Column('decided_on', sa.Date(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('effect', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('order_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('order_counted', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('recorded_by_id', sa.Integer(), nullable=True),
    sa.Column('document', sa.Text(), nullable=True),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.CheckConstraint("(recorded_at IS NULL) = (outcome IS NULL) AND (recorded_at IS NULL) = (decided_on IS NULL) AND (recorded_at IS NULL) = (recorded_by_id IS NULL) AND (recorded_at IS NULL) = (document IS NULL) AND (recorded_at IS NULL) = (sha256 IS NULL) AND (recorded_at IS NULL) = (text = '')", name=op.f('ck_objection_escalation_recorded_in_full')),
    sa.CheckConstraint("(suspended_at IS NULL) = (suspended_until IS NULL) AND (suspended_at IS NULL) = (suspension = '') AND (suspended_at IS NULL) = (suspended_counted IS NULL)", name=op.f('ck_objection_escalation_suspended_until_then')),
    sa.CheckConstraint("effect IS NULL OR outcome IN ('upheld', 'partly_upheld')", name=op.f('ck_objection_escalation_effect_of_what_is_upheld')),
    sa.CheckConstraint("outcome IN ('not_accepted', 'upheld', 'partly_upheld', 'dismissed', 'withdrawn')", name=op.f('ck_objection_escalation_outcome_known')),
    sa.ForeignKeyConstraint(['objection_id'], ['objection.id'], name=op.f('fk_objection_escalation_objection_id_objection')),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['user_account.id'], name=op.f('fk_objection_escalation_recorded_by_id_user_account')),
    sa.ForeignKeyConstraint(['told_by_id'], ['user_account.id'], name=op.f('fk_objection_escalation_told_by_id_user_account')),
    sa.PrimaryKeyConstraint('objection_id', name=op.f('pk_objection_escalation'))
    )
    op.create_table('objection_limit',
    sa.Column('objection_id', sa.Integer(), nullable=False),
    sa.Column('reached_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('noted_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['objection_id'], ['objection.id'], name=op.f('fk_objection_limit_objection_id_objection')),
    sa.PrimaryKeyConstraint('objection_id', name=op.f('pk_objection_limit'))
    )
    op.create_table('objection_party',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('objection_id', sa.Integer(), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('counted', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_by_id', sa.Integer(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.CheckConstraint("(answered_at IS NULL) = (text = '')", name=op.f('ck_objection_party_answered_with_a_text')),
    sa.CheckConstraint('(answered_at IS NULL) = (answered_by_id IS NULL)', name=op.f('ck_objection_party_answered_by_somebody')),
    sa.ForeignKeyConstraint(['answered_by_id'], ['user_account.id'], name=op.f('fk_objection_party_answered_by_id_user_account')),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_objection_party_application_id_application')),
    sa.ForeignKeyConstraint(['objection_id'], ['objection.id'], name=op.f('fk_objection_party_objection_id_objection')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_objection_party')),
    sa.UniqueConstraint('objection_id', 'application_id', name=op.f('uq_objection_party_objection_id_application_id'))
    )
    op.create_index(op.f('ix_objection_party_application_id'), 'objection_party', ['application_id'], unique=False)
    op.create_index(op.f('ix_objection_party_objection_id'), 'objection_party', ['objection_id'], unique=False)
    op.create_table('objection_pause',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('objection_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('why', sa.String(length=20), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('began_by_id', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('counted', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by_id', sa.Integer(), nullable=True),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.CheckConstraint("(answer <> '') = (why = 'supplement' AND ended_at IS NOT NULL)", name=op.f('ck_objection_pause_supplemented_with_an_answer')),
    sa.CheckConstraint("why IN ('supplement', 'testing', 'expert_opinion')", name=op.f('ck_objection_pause_why_known')),
    sa.CheckConstraint('ended_at IS NULL OR ended_at >= began_at', name=op.f('ck_objection_pause_ends_after_it_began')),
    sa.ForeignKeyConstraint(['began_by_id'], ['user_account.id'], name=op.f('fk_objection_pause_began_by_id_user_account')),
    sa.ForeignKeyConstraint(['ended_by_id'], ['user_account.id'], name=op.f('fk_objection_pause_ended_by_id_user_account')),
    sa.ForeignKeyConstraint(['objection_id'], ['objection.id'], name=op.f('fk_objection_pause_objection_id_objection')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_objection_pause')),
    sa.UniqueConstraint('objection_id', 'number', name=op.f('uq_objection_pause_objection_id_number'))
    )
    op.create_index(op.f('ix_objection_pause_objection_id'), 'objection_pause', ['objection_id'], unique=False)
    op.create_index('uq_objection_one_supplement', 'objection_pause', ['objection_id'], unique=True, sqlite_where=sa.text("why = 'supplement'"), postgresql_where=sa.text("why = 'supplement'"))
    op.create_table('objection_step',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('objection_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('effect', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('counted', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('limit_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('limit_counted', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('document', sa.Text(), nullable=True),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.CheckConstraint("(kind = 'admitted') = (limit_at IS NOT NULL)", name=op.f('ck_objection_step_admitted_has_limit')),
    sa.CheckConstraint("(kind IN ('answered', 'inadmissible', 'upheld', 'partly_upheld', 'dismissed')) = (document IS NOT NULL)", name=op.f('ck_objection_step_said_in_a_document')),
    sa.CheckConstraint('(document IS NULL) = (sha256 IS NULL)', name=op.f('ck_objection_step_document_is_hashed')),
    sa.CheckConstraint('(due_at IS NULL) = (counted IS NULL)', name=op.f('ck_objection_step_due_is_counted')),
    sa.CheckConstraint('(limit_at IS NULL) = (limit_counted IS NULL)', name=op.f('ck_objection_step_limit_is_counted')),
    sa.ForeignKeyConstraint(['by_id'], ['user_account.id'], name=op.f('fk_objection_step_by_id_user_account')),
    sa.ForeignKeyConstraint(['objection_id'], ['objection.id'], name=op.f('fk_objection_step_objection_id_objection')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_objection_step')),
    sa.UniqueConstraint('objection_id', 'kind', name=op.f('uq_objection_step_objection_id_kind'))
    )
    op.create_index(op.f('ix_objection_step_objection_id'), 'objection_step', ['objection_id'], unique=False)
    op.create_table('supplement_request',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=30), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('items', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('asked_by_id', sa.Integer(), nullable=False),
    sa.Column('due', sa.DateTime(timezone=True), nullable=False),
    sa.Column('counted', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_supplement_request_application_id_application')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['user_account.id'], name=op.f('fk_supplement_request_asked_by_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supplement_request')),
    sa.UniqueConstraint('application_id', 'number', name=op.f('uq_supplement_request_application_id_number')),
    sa.UniqueConstraint('ref', name=op.f('uq_supplement_request_ref'))
    )
    op.create_index(op.f('ix_supplement_request_application_id'), 'supplement_request', ['application_id'], unique=False)
    op.create_table('verdict',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=False),
    sa.Column('eligible', sa.Boolean(), nullable=False),
    sa.Column('reason_code', sa.String(length=40), nullable=False),
    sa.Column('explanation', sa.Text(), nullable=False),
    sa.Column('gates', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('given_by_id', sa.Integer(), nullable=False),
    sa.Column('objection_ref', sa.String(length=40), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_verdict_application_id_application')),
    sa.ForeignKeyConstraint(['given_by_id'], ['user_account.id'], name=op.f('fk_verdict_given_by_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_verdict'))
    )
    op.create_index(op.f('ix_verdict_application_id'), 'verdict', ['application_id'], unique=False)
    op.create_index('uq_verdict_in_force', 'verdict', ['application_id'], unique=True, sqlite_where=sa.text('superseded_at IS NULL'), postgresql_where=sa.text('superseded_at IS NULL'))
    op.create_table('application_file',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('draft_id', sa.Integer(), nullable=False),
    sa.Column('section', sa.String(length=30), nullable=False),
    sa.Column('purpose', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('media_type', sa.String(length=60), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('public', sa.Boolean(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['draft_id'], ['application_draft.id'], name=op.f('fk_application_file_draft_id_application_draft')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_application_file'))
    )
    op.create_index(op.f('ix_application_file_draft_id'), 'application_file', ['draft_id'], unique=False)
    op.create_table('draw_candidate',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('expert_id', sa.Integer(), nullable=True),
    sa.Column('observer_id', sa.Integer(), nullable=True),
    sa.Column('place', sa.Integer(), nullable=True),
    sa.Column('turn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('passed', sa.String(length=20), nullable=False),
    sa.CheckConstraint("passed = '' OR turn_at IS NOT NULL", name=op.f('ck_draw_candidate_passed_has_turn')),
    sa.CheckConstraint('(expert_id IS NULL) <> (observer_id IS NULL)', name=op.f('ck_draw_candidate_somebody')),
    sa.CheckConstraint('turn_at IS NULL OR place IS NOT NULL', name=op.f('ck_draw_candidate_turn_has_place')),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], name=op.f('fk_draw_candidate_expert_id_expert')),
    sa.ForeignKeyConstraint(['lot_id', 'round_id'], ['draw_lot.id', 'draw_lot.round_id'], name=op.f('fk_draw_candidate_lot_id_round_id_draw_lot')),
    sa.ForeignKeyConstraint(['observer_id'], ['observer.id'], name=op.f('fk_draw_candidate_observer_id_observer')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_draw_candidate_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draw_candidate')),
    sa.UniqueConstraint('id', 'round_id', name=op.f('uq_draw_candidate_id_round_id')),
    sa.UniqueConstraint('lot_id', 'expert_id', name=op.f('uq_draw_candidate_lot_id_expert_id')),
    sa.UniqueConstraint('lot_id', 'number', name=op.f('uq_draw_candidate_lot_id_number')),
    sa.UniqueConstraint('lot_id', 'observer_id', name=op.f('uq_draw_candidate_lot_id_observer_id')),
    sa.UniqueConstraint('lot_id', 'place', name=op.f('uq_draw_candidate_lot_id_place'))
    )
    op.create_index(op.f('ix_draw_candidate_expert_id'), 'draw_candidate', ['expert_id'], unique=False)
    op.create_index(op.f('ix_draw_candidate_observer_id'), 'draw_candidate', ['observer_id'], unique=False)
    op.create_index(op.f('ix_draw_candidate_round_id'), 'draw_candidate', ['round_id'], unique=False)
    op.create_table('objection_file',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('objection_id', sa.Integer(), nullable=False),
    sa.Column('pause_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('media_type', sa.String(length=60), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['objection_id'], ['objection.id'], name=op.f('fk_objection_file_objection_id_objection')),
    sa.ForeignKeyConstraint(['pause_id'], ['objection_pause.id'], name=op.f('fk_objection_file_pause_id_objection_pause')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_objection_file'))
    )
    op.create_index(op.f('ix_objection_file_objection_id'), 'objection_file', ['objection_id'], unique=False)
    op.create_table('supplement_answer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('request_id', sa.Integer(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_by_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['answered_by_id'], ['user_account.id'], name=op.f('fk_supplement_answer_answered_by_id_user_account')),
    sa.ForeignKeyConstraint(['request_id'], ['supplement_request.id'], name=op.f('fk_supplement_answer_request_id_supplement_request')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supplement_answer')),
    sa.UniqueConstraint('request_id', name=op.f('uq_supplement_answer_request_id'))
    )
    op.create_table('supplement_draft',
    sa.Column('request_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['request_id'], ['supplement_request.id'], name=op.f('fk_supplement_draft_request_id_supplement_request')),
    sa.PrimaryKeyConstraint('request_id', name=op.f('pk_supplement_draft'))
    )
    op.create_table('supplement_file',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('request_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('media_type', sa.String(length=60), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('public', sa.Boolean(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['request_id'], ['supplement_request.id'], name=op.f('fk_supplement_file_request_id_supplement_request')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supplement_file'))
    )
    op.create_index(op.f('ix_supplement_file_request_id'), 'supplement_file', ['request_id'], unique=False)
    op.create_table('committee_member',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=8), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('field', sa.String(length=120), nullable=False),
    sa.Column('chair', sa.Boolean(), nullable=False),
    sa.Column('appointed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('end_code', sa.String(length=20), nullable=False),
    sa.Column('end_reason', sa.Text(), nullable=False),
    sa.Column('candidate_id', sa.Integer(), nullable=True),
    sa.Column('answer_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(ended_at IS NULL) = (end_code = '')", name=op.f('ck_committee_member_ended_with_code')),
    sa.CheckConstraint("NOT (chair AND kind = 'organiser')", name=op.f('ck_committee_member_organiser_not_chair')),
    sa.CheckConstraint("candidate_id IS NULL OR kind = 'expert'", name=op.f('ck_committee_member_drawn_is_expert')),
    sa.CheckConstraint("kind IN ('expert', 'consumer', 'organiser')", name=op.f('ck_committee_member_kind_known')),
    sa.CheckConstraint('(candidate_id IS NULL) = (answer_due_at IS NULL)', name=op.f('ck_committee_member_drawn_has_period')),
    sa.ForeignKeyConstraint(['candidate_id', 'round_id'], ['draw_candidate.id', 'draw_candidate.round_id'], name=op.f('fk_committee_member_candidate_id_round_id_draw_candidate')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_committee_member_round_id_round')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_committee_member_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_committee_member')),
    sa.UniqueConstraint('candidate_id', name=op.f('uq_committee_member_candidate_id')),
    sa.UniqueConstraint('id', 'round_id', name=op.f('uq_committee_member_id_round_id')),
    sa.UniqueConstraint('round_id', 'code', name=op.f('uq_committee_member_round_id_code'))
    )
    op.create_index(op.f('ix_committee_member_round_id'), 'committee_member', ['round_id'], unique=False)
    op.create_index(op.f('ix_committee_member_user_id'), 'committee_member', ['user_id'], unique=False)
    op.create_index('uq_committee_member_chair', 'committee_member', ['round_id'], unique=True, sqlite_where=sa.text('chair AND ended_at IS NULL'), postgresql_where=sa.text('chair AND ended_at IS NULL'))
    op.create_index('uq_committee_member_in_force', 'committee_member', ['round_id', 'user_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('attendance',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=True),
    sa.Column('observer_id', sa.Integer(), nullable=True),
    sa.Column('supervisor_id', sa.Integer(), nullable=True),
    sa.Column('remark', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("remark = '' OR supervisor_id IS NOT NULL", name=op.f('ck_attendance_remark_of_supervisor')),
    sa.CheckConstraint('(member_id IS NOT NULL AND observer_id IS NULL AND supervisor_id IS NULL) OR (member_id IS NULL AND observer_id IS NOT NULL AND supervisor_id IS NULL) OR (member_id IS NULL AND observer_id IS NULL AND supervisor_id IS NOT NULL)', name=op.f('ck_attendance_somebody')),
    sa.ForeignKeyConstraint(['meeting_id', 'round_id'], ['committee_meeting.id', 'committee_meeting.round_id'], name=op.f('fk_attendance_meeting_id_round_id_committee_meeting')),
    sa.ForeignKeyConstraint(['member_id', 'round_id'], ['committee_member.id', 'committee_member.round_id'], name=op.f('fk_attendance_member_id_round_id_committee_member')),
    sa.ForeignKeyConstraint(['observer_id', 'round_id'], ['observer.id', 'observer.round_id'], name=op.f('fk_attendance_observer_id_round_id_observer')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_attendance_round_id_round')),
    sa.ForeignKeyConstraint(['supervisor_id'], ['user_account.id'], name=op.f('fk_attendance_supervisor_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attendance')),
    sa.UniqueConstraint('meeting_id', 'member_id', name=op.f('uq_attendance_meeting_id_member_id')),
    sa.UniqueConstraint('meeting_id', 'observer_id', name=op.f('uq_attendance_meeting_id_observer_id')),
    sa.UniqueConstraint('meeting_id', 'supervisor_id', name=op.f('uq_attendance_meeting_id_supervisor_id'))
    )
    op.create_index(op.f('ix_attendance_round_id'), 'attendance', ['round_id'], unique=False)
    op.create_table('declaration',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=False),
    sa.Column('ground', sa.String(length=20), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('declared_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('replaced_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("ground IN ('none', 'employment', 'office', 'ownership', 'family', 'other')", name=op.f('ck_declaration_ground_known')),
    sa.ForeignKeyConstraint(['application_id', 'round_id'], ['application.id', 'application.round_id'], name=op.f('fk_declaration_application_id_round_id_application')),
    sa.ForeignKeyConstraint(['member_id', 'round_id'], ['committee_member.id', 'committee_member.round_id'], name=op.f('fk_declaration_member_id_round_id_committee_member')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_declaration_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_declaration'))
    )
    op.create_index(op.f('ix_declaration_application_id'), 'declaration', ['application_id'], unique=False)
    op.create_index(op.f('ix_declaration_round_id'), 'declaration', ['round_id'], unique=False)
    op.create_index('uq_declaration_in_force', 'declaration', ['member_id', 'application_id'], unique=True, sqlite_where=sa.text('replaced_at IS NULL'), postgresql_where=sa.text('replaced_at IS NULL'))
    op.create_table('declaration_draft',
    sa.Column('member_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('application_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('ground', sa.String(length=20), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['application_id', 'round_id'], ['application.id', 'application.round_id'], name=op.f('fk_declaration_draft_application_id_round_id_application')),
    sa.ForeignKeyConstraint(['member_id', 'round_id'], ['committee_member.id', 'committee_member.round_id'], name=op.f('fk_declaration_draft_member_id_round_id_committee_member')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_declaration_draft_round_id_round')),
    sa.PrimaryKeyConstraint('member_id', 'application_id', name=op.f('pk_declaration_draft'))
    )
    op.create_index(op.f('ix_declaration_draft_round_id'), 'declaration_draft', ['round_id'], unique=False)
    op.create_table('interference',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('nonce', sa.LargeBinary(length=32), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('answer_nonce', sa.LargeBinary(length=32), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("message <> ''", name=op.f('ck_interference_says_something')),
    sa.CheckConstraint('(answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answer_nonce IS NULL) AND (answer IS NULL) = (answered_by_id IS NULL)', name=op.f('ck_interference_answered_whole')),
    sa.ForeignKeyConstraint(['answered_by_id'], ['user_account.id'], name=op.f('fk_interference_answered_by_id_user_account')),
    sa.ForeignKeyConstraint(['member_id', 'round_id'], ['committee_member.id', 'committee_member.round_id'], name=op.f('fk_interference_member_id_round_id_committee_member')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_interference_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_interference')),
    sa.UniqueConstraint('round_id', 'number', name=op.f('uq_interference_round_id_number'))
    )
    op.create_index(op.f('ix_interference_member_id'), 'interference', ['member_id'], unique=False)
    op.create_index(op.f('ix_interference_round_id'), 'interference', ['round_id'], unique=False)
    op.create_table('mark_agreement',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('criterion', sa.String(length=40), nullable=False),
    sa.Column('value', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('proposed_by_id', sa.Integer(), nullable=False),
    sa.Column('proposed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('agreed', sa.Boolean(), nullable=True),
    sa.CheckConstraint("reason <> ''", name=op.f('ck_mark_agreement_has_reason')),
    sa.CheckConstraint('(settled_at IS NULL) = (agreed IS NULL)', name=op.f('ck_mark_agreement_settled_one_way')),
    sa.ForeignKeyConstraint(['application_id', 'round_id'], ['application.id', 'application.round_id'], name=op.f('fk_mark_agreement_application_id_round_id_application')),
    sa.ForeignKeyConstraint(['proposed_by_id', 'round_id'], ['committee_member.id', 'committee_member.round_id'], name=op.f('fk_mark_agreement_proposed_by_id_round_id_committee_member')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_mark_agreement_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mark_agreement')),
    sa.UniqueConstraint('round_id', 'number', name=op.f('uq_mark_agreement_round_id_number'))
    )
    op.create_index(op.f('ix_mark_agreement_application_id'), 'mark_agreement', ['application_id'], unique=False)
    op.create_index(op.f('ix_mark_agreement_round_id'), 'mark_agreement', ['round_id'], unique=False)
    op.create_index('uq_mark_agreement_open', 'mark_agreement', ['application_id', 'criterion'], unique=True, sqlite_where=sa.text('settled_at IS NULL'), postgresql_where=sa.text('settled_at IS NULL'))
    op.create_table('recusal_request',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=40), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=True),
    sa.Column('ground', sa.String(length=20), nullable=False),
    sa.Column('origin', sa.String(length=20), nullable=False),
    sa.Column('argument', sa.Text(), nullable=False),
    sa.Column('filer_name', sa.String(length=120), nullable=False),
    sa.Column('contact', sa.String(length=254), nullable=False),
    sa.Column('filer_user_id', sa.Integer(), nullable=True),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('token_sha256', sa.String(length=64), nullable=False),
    sa.Column('filed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('counted', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('statement', sa.Text(), nullable=False),
    sa.Column('stated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.String(length=20), nullable=False),
    sa.Column('decision', sa.Text(), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(decided_at IS NULL) = (outcome = '')", name=op.f('ck_recusal_request_decided_with_outcome')),
    sa.CheckConstraint("ground IN ('employment', 'office', 'ownership', 'family', 'other')", name=op.f('ck_recusal_request_ground_known')),
    sa.CheckConstraint("origin = 'supervisor' OR decided_by_id IS NULL OR filer_user_id IS NULL OR decided_by_id <> filer_user_id", name=op.f('ck_recusal_request_not_own_cause')),
    sa.CheckConstraint("origin IN ('applicant', 'citizen', 'member', 'supervisor')", name=op.f('ck_recusal_request_origin_known')),
    sa.CheckConstraint("outcome IN ('', 'withdrawn', 'moot') OR (decision <> '' AND decided_by_id IS NOT NULL)", name=op.f('ck_recusal_request_decision_has_reason')),
    sa.ForeignKeyConstraint(['application_id', 'round_id'], ['application.id', 'application.round_id'], name=op.f('fk_recusal_request_application_id_round_id_application')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['user_account.id'], name=op.f('fk_recusal_request_decided_by_id_user_account')),
    sa.ForeignKeyConstraint(['filer_user_id'], ['user_account.id'], name=op.f('fk_recusal_request_filer_user_id_user_account')),
    sa.ForeignKeyConstraint(['member_id', 'round_id'], ['committee_member.id', 'committee_member.round_id'], name=op.f('fk_recusal_request_member_id_round_id_committee_member')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_recusal_request_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recusal_request')),
    sa.UniqueConstraint('ref', name=op.f('uq_recusal_request_ref')),
    sa.UniqueConstraint('round_id', 'number', name=op.f('uq_recusal_request_round_id_number')),
    sa.UniqueConstraint('token_sha256', name=op.f('uq_recusal_request_token_sha256'))
    )
    op.create_index(op.f('ix_recusal_request_member_id'), 'recusal_request', ['member_id'], unique=False)
    op.create_index(op.f('ix_recusal_request_round_id'), 'recusal_request', ['round_id'], unique=False)
    op.create_table('sheet',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=False),
    sa.Column('ballot', sa.Text(), nullable=False),
    sa.Column('nonce', sa.LargeBinary(length=32), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=False),
    sa.Column('sealed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('voided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('void_reason', sa.Text(), nullable=False),
    sa.Column('void_objection', sa.String(length=40), nullable=True),
    sa.CheckConstraint("voided_at IS NULL OR void_reason <> ''", name=op.f('ck_sheet_void_has_reason')),
    sa.ForeignKeyConstraint(['application_id', 'round_id'], ['application.id', 'application.round_id'], name=op.f('fk_sheet_application_id_round_id_application')),
    sa.ForeignKeyConstraint(['member_id', 'round_id'], ['committee_member.id', 'committee_member.round_id'], name=op.f('fk_sheet_member_id_round_id_committee_member')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_sheet_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sheet')),
    sa.UniqueConstraint('commitment', name=op.f('uq_sheet_commitment'))
    )
    op.create_index(op.f('ix_sheet_application_id'), 'sheet', ['application_id'], unique=False)
    op.create_index(op.f('ix_sheet_member_id'), 'sheet', ['member_id'], unique=False)
    op.create_index(op.f('ix_sheet_round_id'), 'sheet', ['round_id'], unique=False)
    op.create_index('uq_sheet_in_force', 'sheet', ['member_id', 'application_id'], unique=True, sqlite_where=sa.text('voided_at IS NULL'), postgresql_where=sa.text('voided_at IS NULL'))
    op.create_table('sheet_draft',
    sa.Column('member_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('application_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('marks', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['application_id', 'round_id'], ['application.id', 'application.round_id'], name=op.f('fk_sheet_draft_application_id_round_id_application')),
    sa.ForeignKeyConstraint(['member_id', 'round_id'], ['committee_member.id', 'committee_member.round_id'], name=op.f('fk_sheet_draft_member_id_round_id_committee_member')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_sheet_draft_round_id_round')),
    sa.PrimaryKeyConstraint('member_id', 'application_id', name=op.f('pk_sheet_draft'))
    )
    op.create_index(op.f('ix_sheet_draft_round_id'), 'sheet_draft', ['round_id'], unique=False)
    op.create_table('correction',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('sheet_id', sa.Integer(), nullable=False),
    sa.Column('criterion', sa.String(length=40), nullable=False),
    sa.Column('before', sa.String(length=40), nullable=False),
    sa.Column('after', sa.String(length=40), nullable=False),
    sa.Column('ground', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('calculation', sa.String(length=200), nullable=True),
    sa.Column('agreement_id', sa.Integer(), nullable=True),
    sa.Column('objection_ref', sa.String(length=40), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=False),
    sa.CheckConstraint("(ground = 'arithmetic') = (calculation IS NOT NULL)", name=op.f('ck_correction_arithmetic_is_shown')),
    sa.CheckConstraint("(ground = 'objective_disagreement') = (agreement_id IS NOT NULL)", name=op.f('ck_correction_objective_is_agreed')),
    sa.CheckConstraint("(ground = 'ruling') = (objection_ref IS NOT NULL)", name=op.f('ck_correction_ruling_has_objection')),
    sa.CheckConstraint("reason <> ''", name=op.f('ck_correction_has_reason')),
    sa.CheckConstraint('before <> after', name=op.f('ck_correction_changes_something')),
    sa.ForeignKeyConstraint(['agreement_id'], ['mark_agreement.id'], name=op.f('fk_correction_agreement_id_mark_agreement')),
    sa.ForeignKeyConstraint(['made_by_id'], ['user_account.id'], name=op.f('fk_correction_made_by_id_user_account')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_correction_round_id_round')),
    sa.ForeignKeyConstraint(['sheet_id'], ['sheet.id'], name=op.f('fk_correction_sheet_id_sheet')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_correction'))
    )
    op.create_index(op.f('ix_correction_agreement_id'), 'correction', ['agreement_id'], unique=False)
    op.create_index(op.f('ix_correction_round_id'), 'correction', ['round_id'], unique=False)
    op.create_index(op.f('ix_correction_sheet_id'), 'correction', ['sheet_id'], unique=False)
    op.create_table('mark_agreement_answer',
    sa.Column('agreement_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('agrees', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("agrees OR reason <> ''", name=op.f('ck_mark_agreement_answer_declining_has_reason')),
    sa.ForeignKeyConstraint(['agreement_id'], ['mark_agreement.id'], name=op.f('fk_mark_agreement_answer_agreement_id_mark_agreement')),
    sa.ForeignKeyConstraint(['member_id'], ['committee_member.id'], name=op.f('fk_mark_agreement_answer_member_id_committee_member')),
    sa.PrimaryKeyConstraint('agreement_id', 'member_id', name=op.f('pk_mark_agreement_answer'))
    )
    op.create_index(op.f('ix_mark_agreement_answer_member_id'), 'mark_agreement_answer', ['member_id'], unique=False)
    # ### end Alembic commands ###
    for statement in GUARDS[op.get_bind().dialect.name]:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    for statement in UNGUARD[op.get_bind().dialect.name]:
        op.get_bind().exec_driver_sql(statement)
    # ### commands auto generated by Alembic - please adjust! ###
    op.drop_index(op.f('ix_mark_agreement_answer_member_id'), table_name='mark_agreement_answer')
    op.drop_table('mark_agreement_answer')
    op.drop_index(op.f('ix_correction_sheet_id'), table_name='correction')
    op.drop_index(op.f('ix_correction_round_id'), table_name='correction')
    op.drop_index(op.f('ix_correction_agreement_id'), table_name='correction')
    op.drop_table('correction')
    op.drop_index(op.f('ix_sheet_draft_round_id'), table_name='sheet_draft')
    op.drop_table('sheet_draft')
    op.drop_index('uq_sheet_in_force', table_name='sheet', sqlite_where=sa.text('voided_at IS NULL'), postgresql_where=sa.text('voided_at IS NULL'))
    op.drop_index(op.f('ix_sheet_round_id'), table_name='sheet')
    op.drop_index(op.f('ix_sheet_member_id'), table_name='sheet')
    op.drop_index(op.f('ix_sheet_application_id'), table_name='sheet')
    op.drop_table('sheet')
    op.drop_index(op.f('ix_recusal_request_round_id'), table_name='recusal_request')
    op.drop_index(op.f('ix_recusal_request_member_id'), table_name='recusal_request')
    op.drop_table('recusal_request')
    op.drop_index('uq_mark_agreement_open', table_name='mark_agreement', sqlite_where=sa.text('settled_at IS NULL'), postgresql_where=sa.text('settled_at IS NULL'))
    op.drop_index(op.f('ix_mark_agreement_round_id'), table_name='mark_agreement')
    op.drop_index(op.f('ix_mark_agreement_application_id'), table_name='mark_agreement')
    op.drop_table('mark_agreement')
    op.drop_index(op.f('ix_interference_round_id'), table_name='interference')
    op.drop_index(op.f('ix_interference_member_id'), table_name='interference')
    op.drop_table('interference')
    op.drop_index(op.f('ix_declaration_draft_round_id'), table_name='declaration_draft')
    op.drop_table('declaration_draft')
    op.drop_index('uq_declaration_in_force', table_name='declaration', sqlite_where=sa.text('replaced_at IS NULL'), postgresql_where=sa.text('replaced_at IS NULL'))
    op.drop_index(op.f('ix_declaration_round_id'), table_name='declaration')
    op.drop_index(op.f('ix_declaration_application_id'), table_name='declaration')
    op.drop_table('declaration')
    op.drop_index(op.f('ix_attendance_round_id'), table_name='attendance')
    op.drop_table('attendance')
    op.drop_index('uq_committee_member_in_force', table_name='committee_member', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_index('uq_committee_member_chair', table_name='committee_member', sqlite_where=sa.text('chair AND ended_at IS NULL'), postgresql_where=sa.text('chair AND ended_at IS NULL'))
    op.drop_index(op.f('ix_committee_member_user_id'), table_name='committee_member')
    op.drop_index(op.f('ix_committee_member_round_id'), table_name='committee_member')
    op.drop_table('committee_member')
    op.drop_index(op.f('ix_supplement_file_request_id'), table_name='supplement_file')
    op.drop_table('supplement_file')
    op.drop_table('supplement_draft')
    op.drop_table('supplement_answer')
    op.drop_index(op.f('ix_objection_file_objection_id'), table_name='objection_file')
    op.drop_table('objection_file')
    op.drop_index(op.f('ix_draw_candidate_round_id'), table_name='draw_candidate')
    op.drop_index(op.f('ix_draw_candidate_observer_id'), table_name='draw_candidate')
    op.drop_index(op.f('ix_draw_candidate_expert_id'), table_name='draw_candidate')
    op.drop_table('draw_candidate')
    op.drop_index(op.f('ix_application_file_draft_id'), table_name='application_file')
    op.drop_table('application_file')
    op.drop_index('uq_verdict_in_force', table_name='verdict', sqlite_where=sa.text('superseded_at IS NULL'), postgresql_where=sa.text('superseded_at IS NULL'))
    op.drop_index(op.f('ix_verdict_application_id'), table_name='verdict')
    op.drop_table('verdict')
    op.drop_index(op.f('ix_supplement_request_application_id'), table_name='supplement_request')
    op.drop_table('supplement_request')
    op.drop_index(op.f('ix_objection_step_objection_id'), table_name='objection_step')
    op.drop_table('objection_step')
    op.drop_index('uq_objection_one_supplement', table_name='objection_pause', sqlite_where=sa.text("why = 'supplement'"), postgresql_where=sa.text("why = 'supplement'"))
    op.drop_index(op.f('ix_objection_pause_objection_id'), table_name='objection_pause')
    op.drop_table('objection_pause')
    op.drop_index(op.f('ix_objection_party_objection_id'), table_name='objection_party')
    op.drop_index(op.f('ix_objection_party_application_id'), table_name='objection_party')
    op.drop_table('objection_party')
    op.drop_table('objection_limit')
    op.drop_table('objection_escalation')
    op.drop_table('objection_attacked')
    op.drop_index('uq_notice_in_force', table_name='notice', sqlite_where=sa.text('superseded_at IS NULL'), postgresql_where=sa.text('superseded_at IS NULL'))
    op.drop_index(op.f('ix_notice_round_id'), table_name='notice')
    op.drop_table('notice')
    op.drop_table('milestone_told')
    op.drop_index(op.f('ix_given_up_round_id'), table_name='given_up')
    op.drop_table('given_up')
    op.drop_index('uq_finding_in_force', table_name='finding', sqlite_where=sa.text('superseded_at IS NULL'), postgresql_where=sa.text('superseded_at IS NULL'))
    op.drop_index(op.f('ix_finding_application_id'), table_name='finding')
    op.drop_table('finding')
    op.drop_index('uq_draw_reading_by_role', table_name='draw_reading', sqlite_where=sa.text('discarded_at IS NULL'), postgresql_where=sa.text('discarded_at IS NULL'))
    op.drop_index('uq_draw_reading_by_person', table_name='draw_reading', sqlite_where=sa.text('discarded_at IS NULL'), postgresql_where=sa.text('discarded_at IS NULL'))
    op.drop_index(op.f('ix_draw_reading_round_id'), table_name='draw_reading')
    op.drop_table('draw_reading')
    op.drop_index(op.f('ix_draw_lot_round_id'), table_name='draw_lot')
    op.drop_table('draw_lot')
    op.drop_index(op.f('ix_draw_left_out_round_id'), table_name='draw_left_out')
    op.drop_index(op.f('ix_draw_left_out_expert_id'), table_name='draw_left_out')
    op.drop_table('draw_left_out')
    op.drop_index(op.f('ix_decision_signature_user_id'), table_name='decision_signature')
    op.drop_index(op.f('ix_decision_signature_decision_id'), table_name='decision_signature')
    op.drop_table('decision_signature')
    op.drop_index(op.f('ix_decision_edition_decision_id'), table_name='decision_edition')
    op.drop_table('decision_edition')
    op.drop_index(op.f('ix_application_version_application_id'), table_name='application_version')
    op.drop_table('application_version')
    op.drop_index(op.f('ix_application_helper_user_id'), table_name='application_helper')
    op.drop_index(op.f('ix_application_helper_application_id'), table_name='application_helper')
    op.drop_table('application_helper')
    op.drop_index('uq_application_draft_product', table_name='application_draft', sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
    op.drop_index(op.f('ix_application_draft_round_id'), table_name='application_draft')
    op.drop_index(op.f('ix_application_draft_merchant_id'), table_name='application_draft')
    op.drop_table('application_draft')
    op.drop_index(op.f('ix_application_confirmation_application_id'), table_name='application_confirmation')
    op.drop_table('application_confirmation')
    op.drop_table('tie_draw')
    op.drop_index(op.f('ix_tally_run_round_id'), table_name='tally_run')
    op.drop_table('tally_run')
    op.drop_index(op.f('ix_set_aside_round_id'), table_name='set_aside')
    op.drop_index(op.f('ix_set_aside_expert_id'), table_name='set_aside')
    op.drop_table('set_aside')
    op.drop_index('uq_seat_in_force', table_name='seat', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_index(op.f('ix_seat_user_id'), table_name='seat')
    op.drop_index(op.f('ix_seat_round_id'), table_name='seat')
    op.drop_table('seat')
    op.drop_index(op.f('ix_round_rules_round_id'), table_name='round_rules')
    op.drop_table('round_rules')
    op.drop_table('round_draft')
    op.drop_index(op.f('ix_question_round_id'), table_name='question')
    op.drop_table('question')
    op.drop_index(op.f('ix_paper_round_id'), table_name='paper')
    op.drop_table('paper')
    op.drop_index('uq_observer_contact', table_name='observer', sqlite_where=sa.text('withdrawn_at IS NULL'), postgresql_where=sa.text('withdrawn_at IS NULL'))
    op.drop_index(op.f('ix_observer_round_id'), table_name='observer')
    op.drop_table('observer')
    op.drop_index(op.f('ix_objection_round_id'), table_name='objection')
    op.drop_table('objection')
    op.drop_index('uq_milestone_published_once', table_name='milestone', sqlite_where=sa.text("kind = 'published'"), postgresql_where=sa.text("kind = 'published'"))
    op.drop_index(op.f('ix_milestone_round_id'), table_name='milestone')
    op.drop_table('milestone')
    op.drop_index('uq_decision_in_work', table_name='decision', sqlite_where=sa.text('published_at IS NULL AND discarded_at IS NULL'), postgresql_where=sa.text('published_at IS NULL AND discarded_at IS NULL'))
    op.drop_index('uq_decision_in_force', table_name='decision', sqlite_where=sa.text('published_at IS NOT NULL AND superseded_at IS NULL'), postgresql_where=sa.text('published_at IS NOT NULL AND superseded_at IS NULL'))
    op.drop_index(op.f('ix_decision_supersedes_id'), table_name='decision')
    op.drop_index(op.f('ix_decision_round_id'), table_name='decision')
    op.drop_table('decision')
    op.drop_index(op.f('ix_committee_meeting_round_id'), table_name='committee_meeting')
    op.drop_table('committee_meeting')
    op.drop_index('uq_committee_draw_in_force', table_name='committee_draw', sqlite_where=sa.text('spent_at IS NULL'), postgresql_where=sa.text('spent_at IS NULL'))
    op.drop_index(op.f('ix_committee_draw_round_id'), table_name='committee_draw')
    op.drop_table('committee_draw')
    op.drop_index(op.f('ix_certificate_check_certificate_id'), table_name='certificate_check')
    op.drop_table('certificate_check')
    op.drop_index('uq_application_product', table_name='application', sqlite_where=sa.text('withdrawn_at IS NULL'), postgresql_where=sa.text('withdrawn_at IS NULL'))
    op.drop_index(op.f('ix_application_round_id'), table_name='application')
    op.drop_index(op.f('ix_application_merchant_id'), table_name='application')
    op.drop_table('application')
    op.drop_table('user_role')
    op.drop_index(op.f('ix_take_over_code_merchant_id'), table_name='take_over_code')
    op.drop_table('take_over_code')
    op.drop_index('uq_signatory_certificate_in_force', table_name='signatory_certificate', sqlite_where=sa.text('confirmed_at IS NOT NULL AND ended_at IS NULL'), postgresql_where=sa.text('confirmed_at IS NOT NULL AND ended_at IS NULL'))
    op.drop_index('uq_signatory_certificate_brought', table_name='signatory_certificate', sqlite_where=sa.text('confirmed_at IS NULL AND ended_at IS NULL'), postgresql_where=sa.text('confirmed_at IS NULL AND ended_at IS NULL'))
    op.drop_index(op.f('ix_signatory_certificate_user_id'), table_name='signatory_certificate')
    op.drop_table('signatory_certificate')
    op.drop_index(op.f('ix_sign_in_user_id'), table_name='sign_in')
    op.drop_table('sign_in')
    op.drop_table('round')
    op.drop_index(op.f('ix_recovery_code_user_id'), table_name='recovery_code')
    op.drop_table('recovery_code')
    op.drop_index(op.f('ix_record_search_merchant_id'), table_name='record_search')
    op.drop_table('record_search')
    op.drop_index(op.f('ix_password_reset_user_id'), table_name='password_reset')
    op.drop_table('password_reset')
    op.drop_index(op.f('ix_merchant_user_user_id'), table_name='merchant_user')
    op.drop_index(op.f('ix_merchant_user_merchant_id'), table_name='merchant_user')
    op.drop_table('merchant_user')
    op.drop_index(op.f('ix_merchant_invitation_merchant_id'), table_name='merchant_invitation')
    op.drop_table('merchant_invitation')
    op.drop_index(op.f('ix_merchant_disclosure_merchant_id'), table_name='merchant_disclosure')
    op.drop_table('merchant_disclosure')
    op.drop_table('mail_preference')
    op.drop_index('ix_mail_waiting', table_name='mail', sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'"))
    op.drop_index('ix_mail_user_id_id', table_name='mail')
    op.drop_index('ix_mail_held', table_name='mail', sqlite_where=sa.text("state = 'held'"), postgresql_where=sa.text("state = 'held'"))
    op.drop_index(op.f('ix_mail_about'), table_name='mail')
    op.drop_table('mail')
    op.drop_index(op.f('ix_invitation_email'), table_name='invitation')
    op.drop_table('invitation')
    op.drop_index('uq_expert_in_force', table_name='expert', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_index(op.f('ix_expert_user_id'), table_name='expert')
    op.drop_table('expert')
    op.drop_table('erasure')
    op.drop_index(op.f('ix_debarment_merchant_id'), table_name='debarment')
    op.drop_table('debarment')
    op.drop_table('counter_visit')
    op.drop_index(op.f('ix_certificate_merchant_id'), table_name='certificate')
    op.drop_table('certificate')
    op.drop_table('user_account')
    op.drop_table('subscription')
    op.drop_table('search_state')
    op.drop_index('ix_search_document_scope', table_name='search_document')
    op.drop_table('search_document')
    op.drop_table('round_number')
    op.drop_table('reminded')
    op.drop_table('merchant')
    op.drop_table('log_tile_hash')
    op.drop_table('log_head')
    op.drop_index(op.f('ix_log_erased_idx'), table_name='log_erased')
    op.drop_table('log_erased')
    op.drop_index('ix_log_entry_round_ref_idx', table_name='log_entry')
    op.drop_table('log_entry')
    op.drop_index(op.f('ix_log_disclosure_whose'), table_name='log_disclosure')
    op.drop_index(op.f('ix_log_disclosure_idx'), table_name='log_disclosure')
    op.drop_table('log_disclosure')
    op.drop_table('log_cosignature')
    op.drop_table('log_checkpoint')
    op.drop_index('ix_job_waiting', table_name='job', sqlite_where=sa.text("state IN ('queued', 'running')"), postgresql_where=sa.text("state IN ('queued', 'running')"))
    op.drop_table('job')
    # ### end Alembic commands ###

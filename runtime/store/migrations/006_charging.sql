-- 1: the session runs, and its token was accepted. Every start counts those of its token.
ALTER TABLE sessions ADD COLUMN charging INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET charging = 1
WHERE state = 'active' AND token IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM courses, json_each(courses.course, '$.marks')
                  WHERE courses.no = sessions.no AND value = 'unauthorized');
DROP INDEX sessions_live_by_token;
CREATE INDEX sessions_charging ON sessions (token) WHERE charging = 1;

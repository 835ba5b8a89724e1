CREATE MATERIALIZED VIEW chat.daily_activity AS
SELECT c.workspace_id,
       (m.created_at AT TIME ZONE 'UTC')::date AS day,
       count(*) AS messages,
       count(DISTINCT m.author_id) AS authors
FROM chat.messages m
JOIN chat.channels c ON c.id = m.channel_id
WHERE m.deleted_at IS NULL
GROUP BY 1, 2;

-- REFRESH ... CONCURRENTLY wants one
CREATE UNIQUE INDEX daily_activity_key ON chat.daily_activity (workspace_id, day);

CREATE VIEW chat.weekly_activity AS
SELECT workspace_id,
       date_trunc('week', day)::date AS week,
       sum(messages) AS messages,
       max(authors) AS busiest_day_authors
FROM chat.daily_activity
GROUP BY 1, 2;

GRANT SELECT ON chat.daily_activity, chat.weekly_activity TO lantern_report;
COMMENT ON MATERIALIZED VIEW chat.daily_activity IS 'Refreshed at 03:00 UTC by the worker';

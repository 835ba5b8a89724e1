-- ---------------------------------------------------------------------------
--  What BI may see. Views on views on purpose: one definition of "active".
--  Adaeze
-- ---------------------------------------------------------------------------
CREATE SCHEMA reporting;
GRANT USAGE ON SCHEMA reporting TO lantern_report;
ALTER DEFAULT PRIVILEGES IN SCHEMA reporting GRANT SELECT ON TABLES TO lantern_report;

CREATE VIEW reporting.active_workspaces AS
SELECT w.id, w.slug, w.plan, w.created_at::date AS since
FROM identity.workspaces w
WHERE w.deleted_at IS NULL
  AND EXISTS (SELECT 1 FROM chat.daily_activity d
              WHERE d.workspace_id = w.id AND d.day > CURRENT_DATE - 30);

CREATE VIEW reporting.paying_workspaces AS
SELECT a.*
FROM reporting.active_workspaces a
WHERE a.plan <> 'free'
WITH CASCADED CHECK OPTION;

CREATE VIEW reporting.seats AS
SELECT p.id AS workspace_id, p.plan, s.seats, m.members,
       round(100.0 * m.members / s.seats, 1) AS used_percent
FROM reporting.paying_workspaces p
JOIN billing.subscriptions s ON s.workspace_id = p.id AND s.period @> now()
CROSS JOIN LATERAL (
    SELECT count(*) AS members FROM identity.workspace_members wm
    WHERE wm.workspace_id = p.id AND wm.role <> 'guest') m;

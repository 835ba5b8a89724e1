insert into identity.invites (workspace_id,email,invited_by,sent_at) select w.id, 'dup'||(g%3)||'@example.com', 104, now()-g*interval '1 min' from identity.workspaces w, generate_series(1,9) g;

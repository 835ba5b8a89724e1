insert into identity.users (email, handle, full_name, location, status, theme, notify_push)
select 'u'||g||'@example.com', 'user-'||g, 'User '||g, (array['Lisbon, PT','Berlin','São Paulo, br',null,' , '])[g%5+1], (array['active','invited','suspended'])[g%3+1]::identity.user_status, (array['light','dark'])[g%2+1], g%2=0 from generate_series(1,50) g;
insert into identity.workspaces (slug,name,owner_id,plan) select 'ws-'||g,'WS '||g, 101+g, (array['free','team','business'])[g%3+1] from generate_series(1,5) g;
insert into identity.workspace_members select w.id, u.id, (array['admin','member'])[u.id%2+1] from identity.workspaces w, identity.users u where u.id>100;
insert into chat.channels (workspace_id, kind, name, created_by) select w.id, 'public', 'chan'||g, 102 from identity.workspaces w, generate_series(1,4) g;
insert into chat.channel_members (channel_id,user_id,muted) select c.id, u.id, u.id%7=0 from chat.channels c, identity.users u where u.id between 101 and 130;
insert into chat.messages (channel_id, author_id, body, created_at) select c.id, 101+g%40, repeat('hello '||g, case when g=7 then 9000 else 1 end), now()-g*interval '1 hour' from chat.channels c, generate_series(1,30) g;
insert into chat.messages (channel_id, author_id, body) select id, 105, '' from chat.channels limit 2;
insert into chat.messages (channel_id, author_id, reply_to, body) select channel_id, 110, id, 'reply' from chat.messages where id%3=0;
insert into chat.messages (channel_id, author_id, body) select id, 1, '[[join]] x' from chat.channels;
insert into chat.reactions select m.id, 101+(m.id%20), '👍' from chat.messages m where m.id%2=0;
insert into chat.reactions select m.id, 102+(m.id%20), '🎉' from chat.messages m where m.id%4=0;
insert into chat.attachments (message_id, uploader_id, file_name, mime_type, size_bytes, sha256) select id, case when id%5=0 then 999999 else 103 end, 'f', 'image/png', 1000+id, decode(repeat('ab',32),'hex') from chat.messages where id%6=0;

insert into chat.custom_emoji(workspace_id,name,image) select 1, 'party', id from chat.attachments limit 1;
insert into chat.webhooks(workspace_id,url,events) select id,'https://x/'||id,'{message.created,member.joined}' from identity.workspaces;
update identity.workspace_members set role='guest' where user_id%10=0;
update chat.messages set body=body||'!' where id%11=0;

insert into chat.presence (user_id,state) select id,'online' from identity.users where id>100;

insert into identity.devices(user_id,platform,push_token) select id,'web','t'||(id%10) from identity.users where id>100;
insert into identity.mobile_devices(user_id,platform,push_token) select id,'ios','t'||(id%10) from identity.users where id>100;


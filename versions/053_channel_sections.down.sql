alter table chat.channel_members drop column section_id;
drop table chat.sections;

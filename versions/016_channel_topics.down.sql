-- dropping the columns takes their constraints along
alter table chat.channels
    drop column topic_set_at,
    drop column topic_set_by,
    drop column topic;

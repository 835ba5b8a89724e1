-- 4.1 clients still write through the old name; the view alone would accept that,
-- but it would also let them change the checksum of somebody else's file.
create rule attachments_no_update as
    on update to chat.attachments
    do instead nothing;

create rule attachments_delete as
    on delete to chat.attachments
    do instead delete from media.attachments where id = old.id;

alter view chat.attachments set (security_barrier = true);

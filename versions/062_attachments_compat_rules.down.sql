alter view chat.attachments reset (security_barrier);
drop rule attachments_delete on chat.attachments;
drop rule attachments_no_update on chat.attachments;

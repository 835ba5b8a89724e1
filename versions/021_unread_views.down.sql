drop view chat.unread_by_workspace;
drop view chat.unread_by_member;

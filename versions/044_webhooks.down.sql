drop table chat.webhooks;
drop type chat.webhook_event;

alter table chat.webhooks rename constraint webhooks_endpoint_check to webhooks_url_check;
alter table chat.webhooks rename column endpoint to url;
alter type chat.webhook_event rename value 'channel.left' to 'member.left';
alter type chat.webhook_event rename value 'channel.joined' to 'member.joined';

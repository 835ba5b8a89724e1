-- API 2024-05: "member" events are called what they are
alter type chat.webhook_event rename value 'member.joined' to 'channel.joined';
alter type chat.webhook_event rename value 'member.left' to 'channel.left';
alter table chat.webhooks rename column url to endpoint;
alter table chat.webhooks rename constraint webhooks_url_check to webhooks_endpoint_check;

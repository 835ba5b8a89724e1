comment on schema public is 'the shop';

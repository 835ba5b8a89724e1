comment on extension citext is 'e-mail addresses compare without case';

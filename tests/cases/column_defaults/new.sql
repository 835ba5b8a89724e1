alter table t alter a drop default, alter b set default 'it''s', alter c set default '2020-01-01 00:00:00+00', alter d set default '[]';

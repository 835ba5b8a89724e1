drop function lower_mail(citext);
create function lower_mail(m citext) returns citext language sql as 'select m';

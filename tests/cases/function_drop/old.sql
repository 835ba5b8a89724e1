create function slug(title text) returns text language sql immutable strict parallel safe cost 5
  as $$ select lower(regexp_replace(title, '[^a-zA-Z0-9]+', '-', 'g')) $$;
revoke execute on function slug(text) from public;
grant execute on function slug(text) to shop_writer;
comment on function slug(text) is 'for URLs';

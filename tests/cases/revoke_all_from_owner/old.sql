create table audit (at timestamptz, what text);
alter table audit owner to shop_owner;

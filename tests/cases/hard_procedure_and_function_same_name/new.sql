drop routine work(int);
alter procedure work(text) rename to labour;
alter routine work(bigint) owner to shop_owner;
create procedure work(int) language sql as 'select 2';

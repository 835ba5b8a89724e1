create operator family numbers using btree;
comment on operator family numbers using btree is 'all numbers';
alter operator family numbers using btree owner to shop_owner;

alter conversion my_latin rename to latin;
alter conversion latin set schema c;
alter conversion c.latin owner to shop_owner;

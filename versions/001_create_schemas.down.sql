drop schema audit;
drop schema chat;
drop schema identity;

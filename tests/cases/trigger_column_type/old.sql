create table t (id int, amount int);
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger touch before update of amount on t for each row when (new.amount > 5) execute function touch();

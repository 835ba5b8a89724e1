create table event (id int, at timestamptz);
create function recent() returns setof event language sql stable as 'select * from event limit 10';

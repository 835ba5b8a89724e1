create type box2;
create function box2_in(cstring) returns box2 language internal immutable strict as 'int4in';
create function box2_out(box2) returns cstring language internal immutable strict as 'int4out';
create function box2_recv(internal) returns box2 language internal immutable strict as 'int4recv';
create function box2_send(box2) returns bytea language internal immutable strict as 'int4send';
create type box2 (input = box2_in, output = box2_out, receive = box2_recv, send = box2_send, like = int4, category = 'N', default = '7', delimiter = ';');
create table t (id int, b box2);
comment on type box2 is 'an int in disguise';

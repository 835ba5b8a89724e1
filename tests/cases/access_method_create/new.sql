create access method my_heap type table handler heap_tableam_handler;
create table t (id int) using my_heap;
comment on access method my_heap is 'heap by another name';
